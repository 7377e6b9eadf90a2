# mle_isa(TARGET file.cpp NAME flags...): adds a kernel file compiled for one instruction set.
#
# Such a file is always optimised and has the SIMD library's namespace renamed: an inline function
# that two files emit is merged by the linker, and the merged copy may use instructions the machine
# does not have. check_isa_symbols proves that nothing is shared.
function(mle_isa target file name)
  target_sources(${target} PRIVATE ${file})
  set_source_files_properties(${file} PROPERTIES
    COMPILE_OPTIONS "${ARGN};-O2;-fno-exceptions;-Dxsimd=xsimd_${name}")
endfunction()
