# mle_isa(TARGET file.cpp NAME flags...): adds a kernel file compiled for one instruction set.
#
# Such a file is always optimised and has the SIMD library's namespace renamed: an inline function
# that two files emit is merged by the linker, and the merged copy may use instructions the machine
# does not have. check_isa_symbols proves that nothing is shared.
#
# Each function has a section of its own, so that a program can lay side by side what it needs.
#
# Under sanitizers the kernels' own memory is watched by the address sanitizer, the registers that
# would be variables are not: each of thousands would be checked, and compiling takes half an hour.
set(mle_isa_sanitizing -fno-sanitize=undefined)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  list(APPEND mle_isa_sanitizing --param=asan-stack=0 -fno-sanitize-address-use-after-scope)
else()
  list(APPEND mle_isa_sanitizing -mllvm -asan-stack=0)
endif()

function(mle_isa target file name)
  target_sources(${target} PRIVATE ${file})
  set_source_files_properties(${file} PROPERTIES
    COMPILE_OPTIONS "${ARGN};-O2;-fno-exceptions;-ffunction-sections;-Dxsimd=xsimd_${name};${mle_isa_sanitizing}")
endfunction()
