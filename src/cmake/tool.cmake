# SPDX-License-Identifier: MIT
# The program. It reaches the model through the public interface alone, so that it links the public
# library, static or shared; the text language comes along as objects.
add_executable(hmmsim_tool ${HS_TOOL_SOURCES} $<TARGET_OBJECTS:hmmsim_native_program>
	$<TARGET_OBJECTS:hmmsim_native_language>)
target_link_libraries(hmmsim_tool PRIVATE hmmsim hmmsim_native_flags hmmsim_warnings)
set_target_properties(hmmsim_tool PROPERTIES OUTPUT_NAME hmmsim)

# The gnuplot text comes along as a string, so that an installed program has it.
set(plot_source ${PROJECT_SOURCE_DIR}/bench/plot.gp)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${plot_source})
file(READ ${plot_source} plot_script)
string(REPLACE "\\" "\\\\" plot_script "${plot_script}")
string(REPLACE "\"" "\\\"" plot_script "${plot_script}")
string(REPLACE "\n" "\\n\"\n\"" plot_script "${plot_script}")
file(CONFIGURE OUTPUT ${CMAKE_CURRENT_BINARY_DIR}/generated/plot_script.h
	CONTENT "\"@plot_script@\"\n" @ONLY)
target_include_directories(hmmsim_tool PRIVATE ${CMAKE_CURRENT_BINARY_DIR}/generated)

# An installed program finds its library beside it, wherever the tree is moved to.
file(RELATIVE_PATH libdir_from_bindir
	"/${CMAKE_INSTALL_BINDIR}" "/${CMAKE_INSTALL_LIBDIR}")
set_target_properties(hmmsim_tool PROPERTIES INSTALL_RPATH "\$ORIGIN/${libdir_from_bindir}")
install(TARGETS hmmsim_tool RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})

# Exploring needs the other library, so that another program does it. The first one finds it from
# where it is itself: in the build tree beside it.
set(helper_dir ${CMAKE_INSTALL_LIBEXECDIR}/hmmsim)
file(RELATIVE_PATH helper_from_bindir "/${CMAKE_INSTALL_BINDIR}" "/${helper_dir}")
set_source_files_properties(tool/helper.c PROPERTIES
	COMPILE_DEFINITIONS HS_LIBEXEC_FROM_BIN="${helper_from_bindir}/")
add_executable(hmmsim_explore_tool ${HS_TOOL_EXPLORE_SOURCES}
	$<TARGET_OBJECTS:hmmsim_explore_program> $<TARGET_OBJECTS:hmmsim_explore_language>)
target_link_libraries(hmmsim_explore_tool PRIVATE
	hmmsim_explore hmmsim_explore_flags hmmsim_warnings)
file(RELATIVE_PATH libdir_from_helper "/${helper_dir}" "/${CMAKE_INSTALL_LIBDIR}")
set_target_properties(hmmsim_explore_tool PROPERTIES
	OUTPUT_NAME hmmsim-explore
	INSTALL_RPATH "\$ORIGIN/${libdir_from_helper}")
add_dependencies(hmmsim_tool hmmsim_explore_tool)
install(TARGETS hmmsim_explore_tool RUNTIME DESTINATION ${helper_dir})
