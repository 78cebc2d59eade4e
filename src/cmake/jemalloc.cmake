# SPDX-License-Identifier: MIT
# Debian's jemalloc defines malloc() itself, so linking it would replace the allocator of the host
# program. The library carries a private copy instead: one object with seven global, hidden symbols.
#
# jemalloc is compiled for static TLS, more than glibc keeps in reserve: libhmmsim.so can be linked,
# but a program that does not link it cannot dlopen() it. -DHMMSIM_ALLOCATOR=malloc lifts that.
find_library(HMMSIM_JEMALLOC_ARCHIVE NAMES libjemalloc_pic.a
	DOC "Static, position-independent jemalloc")
mark_as_advanced(HMMSIM_JEMALLOC_ARCHIVE)
if(NOT HMMSIM_JEMALLOC_ARCHIVE)
	message(FATAL_ERROR
		"libjemalloc_pic.a was not found. Install jemalloc (Debian: apt-get install "
		"libjemalloc-dev), or configure with -DHMMSIM_ALLOCATOR=malloc.")
endif()

# Its licence asks that the copyright notice goes with copies. Debian keeps it in
# PREFIX/share/doc; the archive is in PREFIX/lib or PREFIX/lib/ARCHITECTURE.
get_filename_component(jemalloc_archive ${HMMSIM_JEMALLOC_ARCHIVE} REALPATH)
get_filename_component(jemalloc_libdir ${jemalloc_archive} DIRECTORY)
find_file(HMMSIM_JEMALLOC_NOTICE NAMES copyright COPYING
	PATHS ${jemalloc_libdir}/../../share/doc ${jemalloc_libdir}/../share/doc
	PATH_SUFFIXES libjemalloc-dev libjemalloc2 jemalloc NO_DEFAULT_PATH
	DOC "Copyright notice of jemalloc, to be installed with the private copy")
mark_as_advanced(HMMSIM_JEMALLOC_NOTICE)
if(NOT HMMSIM_JEMALLOC_NOTICE)
	message(WARNING
		"jemalloc's copyright notice was not found beside "
		"${HMMSIM_JEMALLOC_ARCHIVE}, so that it will not be installed. Add it "
		"to copies of the library; "
		"-DHMMSIM_JEMALLOC_NOTICE=FILE says where it is.")
endif()
foreach(tool AR LINKER NM OBJCOPY)
	if(NOT CMAKE_${tool})
		message(FATAL_ERROR "CMAKE_${tool} is not set: the private copy of jemalloc needs "
			"binutils. Install it, or configure with -DHMMSIM_ALLOCATOR=malloc.")
	endif()
endforeach()

# The functions that src/port/native may call, each as hs_je_<name>.
set(HS_JEMALLOC_FUNCTIONS mallocx dallocx sdallocx rallocx mallctl mallctlnametomib mallctlbymib)

# Sets <out> to the object file. Whatever lists it among its sources must also depend on the target
# hmmsim_private_jemalloc: else two targets of a parallel make would build the file at once.
function(hs_private_jemalloc out)
	set(object ${CMAKE_CURRENT_BINARY_DIR}/private_jemalloc.o)
	set(script ${CMAKE_CURRENT_SOURCE_DIR}/cmake/private_jemalloc.cmake)
	set(settings ${CMAKE_CURRENT_SOURCE_DIR}/port/native/private_jemalloc.c)
	list(JOIN HS_JEMALLOC_FUNCTIONS "," functions)
	add_custom_command(
		OUTPUT ${object}
		COMMAND ${CMAKE_COMMAND}
			-DARCHIVE=${HMMSIM_JEMALLOC_ARCHIVE} -DOUTPUT=${object}
			-DSETTINGS=${settings} -DFUNCTIONS=${functions}
			-DCC=${CMAKE_C_COMPILER} -DAR=${CMAKE_AR} -DLD=${CMAKE_LINKER}
			-DNM=${CMAKE_NM} -DOBJCOPY=${CMAKE_OBJCOPY}
			-P ${script}
		DEPENDS ${HMMSIM_JEMALLOC_ARCHIVE} ${script} ${settings}
		COMMENT "Making the private copy of jemalloc"
		VERBATIM)
	set_source_files_properties(${object} PROPERTIES EXTERNAL_OBJECT TRUE GENERATED TRUE)
	add_custom_target(hmmsim_private_jemalloc DEPENDS ${object})
	set(${out} ${object} PARENT_SCOPE)
endfunction()
