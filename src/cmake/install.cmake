# SPDX-License-Identifier: MIT
include(CMakePackageConfigHelpers)

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/hmmsim)
set(generated_dir ${CMAKE_CURRENT_BINARY_DIR}/install)

set(races)
if(TARGET hmmsim_races)
	set(races hmmsim_races)
endif()
install(TARGETS hmmsim hmmsim_explore ${races} EXPORT hmmsim-targets)
install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/hmmsim
	DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN "*.h")
install(EXPORT hmmsim-targets NAMESPACE hmmsim:: DESTINATION ${package_dir})
if(races)
	install(FILES module/module.cmake module/module.ld.in DESTINATION ${package_dir}/module)
	install(PROGRAMS module/module_places.sh DESTINATION ${package_dir}/module)
	install(DIRECTORY module/include DESTINATION ${package_dir}/module)
endif()

install(FILES ${PROJECT_SOURCE_DIR}/LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})
if(HS_ALLOCATOR STREQUAL "jemalloc" AND HMMSIM_JEMALLOC_NOTICE)
	install(FILES ${HMMSIM_JEMALLOC_NOTICE} DESTINATION ${CMAKE_INSTALL_DOCDIR}
		RENAME LICENSE.jemalloc)
endif()

configure_package_config_file(cmake/hmmsim-config.cmake.in ${generated_dir}/hmmsim-config.cmake
	INSTALL_DESTINATION ${package_dir}
	NO_SET_AND_CHECK_MACRO NO_CHECK_REQUIRED_COMPONENTS_MACRO)
write_basic_package_version_file(${generated_dir}/hmmsim-config-version.cmake
	COMPATIBILITY SameMinorVersion)
install(FILES ${generated_dir}/hmmsim-config.cmake ${generated_dir}/hmmsim-config-version.cmake
	DESTINATION ${package_dir})

# The prefix is relative to the .pc file: one fixed now would be wrong after `cmake --install
# --prefix` and after a move of the installed tree.
set(pkgconfig_dir ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
set(pc_libdir "\${prefix}/${CMAKE_INSTALL_LIBDIR}")
set(pc_includedir "\${prefix}/${CMAKE_INSTALL_INCLUDEDIR}")
if(IS_ABSOLUTE "${CMAKE_INSTALL_LIBDIR}" OR IS_ABSOLUTE "${CMAKE_INSTALL_INCLUDEDIR}")
	set(pc_prefix ${CMAKE_INSTALL_PREFIX})
	set(pc_libdir ${CMAKE_INSTALL_FULL_LIBDIR})
	set(pc_includedir ${CMAKE_INSTALL_FULL_INCLUDEDIR})
else()
	file(RELATIVE_PATH pc_prefix "/${pkgconfig_dir}" "/")
	string(REGEX REPLACE "/$" "" pc_prefix "\${pcfiledir}/${pc_prefix}")
endif()

# A static library leaves what it needs to the program that links it, so that these libraries are in
# Libs: the plain pkg-config line works for both kinds, without --static.
# pc_options: the linker's, of every program.
function(hs_install_pc pc_name pc_description pc_lib pc_options)
	set(pc_libs ${CMAKE_THREAD_LIBS_INIT} -pthread ${ARGN})
	set(pc_libs_private)
	list(REMOVE_DUPLICATES pc_libs)
	if(BUILD_SHARED_LIBS)
		set(pc_libs_private ${pc_libs})
		set(pc_libs)
	endif()
	list(PREPEND pc_libs "-L\${libdir}" ${pc_options} -l${pc_lib})
	list(JOIN pc_libs " " pc_libs)
	list(JOIN pc_libs_private " " pc_libs_private)
	configure_file(cmake/hmmsim.pc.in ${generated_dir}/${pc_name}.pc @ONLY)
	install(FILES ${generated_dir}/${pc_name}.pc DESTINATION ${pkgconfig_dir})
endfunction()

list(TRANSFORM HS_JEMALLOC_LIBS PREPEND "-l" OUTPUT_VARIABLE native_libs)
hs_install_pc(hmmsim "${PROJECT_DESCRIPTION}" hmmsim "" ${native_libs})
hs_install_pc(hmmsim-explore "Exhaustive exploration of hmmsim models; not to be linked with hmmsim"
	hmmsim_explore "-Wl,${HS_REFUSE_OPTIONS}")
# Beside hmmsim-explore, which it requires. -fsanitize=thread is not in Cflags, because in a line that
# compiles and links it would bring libtsan in.
if(TARGET hmmsim_races)
	list(JOIN HS_RACES_OPTIONS " " pc_races_options)
	configure_file(cmake/hmmsim-races.pc.in ${generated_dir}/hmmsim-races.pc @ONLY)
	install(FILES ${generated_dir}/hmmsim-races.pc DESTINATION ${pkgconfig_dir})
endif()
