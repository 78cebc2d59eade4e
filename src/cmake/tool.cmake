# SPDX-License-Identifier: MIT
# The program. It reaches the model through the public interface alone, so that it links the public
# library, static or shared; the text language comes along as objects.
add_executable(hmmsim_tool ${HS_TOOL_SOURCES} $<TARGET_OBJECTS:hmmsim_native_text>)
target_link_libraries(hmmsim_tool PRIVATE hmmsim hmmsim_native_flags hmmsim_warnings)
set_target_properties(hmmsim_tool PROPERTIES OUTPUT_NAME hmmsim)

# An installed program finds its library beside it, wherever the tree is moved to.
file(RELATIVE_PATH libdir_from_bindir
	"/${CMAKE_INSTALL_BINDIR}" "/${CMAKE_INSTALL_LIBDIR}")
set_target_properties(hmmsim_tool PROPERTIES INSTALL_RPATH "\$ORIGIN/${libdir_from_bindir}")
install(TARGETS hmmsim_tool RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
