# Every option of the build, and the flags all our targets share.
option(MLE_BUILD_COMPILER "mle_compiler: source models to .mle files" ${PROJECT_IS_TOP_LEVEL})
option(MLE_BUILD_TOOLS "mle-convert, mle-inspect, mle-run, mle-bench" ${PROJECT_IS_TOP_LEVEL})
option(MLE_BUILD_SERVE "mle-serve; needs gRPC, simdjson and OpenSSL" OFF)
option(MLE_STATIC_GRPC "mle-serve holds gRPC, protobuf and OpenSSL in itself" OFF)
option(MLE_BUILD_TESTS "all tests" ${PROJECT_IS_TOP_LEVEL})
option(MLE_BUILD_EXAMPLES "the examples, against this build tree" ${PROJECT_IS_TOP_LEVEL})
option(MLE_BUILD_FUZZ "libFuzzer targets; needs clang" OFF)
option(MLE_BUILD_PEERS "the benchmark of script/bench peers, with the libraries it compares to" OFF)
option(MLE_BUILD_PYTHON "the extension of the wheel mle-rt; needs Python and nanobind" OFF)
if(MLE_BUILD_PYTHON)
  set(MLE_BUILD_COMPILER ON)
endif()
option(MLE_MIMALLOC "session pools take their memory from a mimalloc heap" OFF)
option(MLE_INSTALL "install rules and package files" ${PROJECT_IS_TOP_LEVEL})
option(BUILD_SHARED_LIBS "mle::runtime is the shared library" OFF)
if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(aarch64|arm64)$")
  set(mle_known_isas neon)
elseif(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|amd64|AMD64)$")
  set(mle_known_isas sse2 avx2 avx512)
else()
  message(FATAL_ERROR "mle runs on x86-64 and AArch64, not on ${CMAKE_SYSTEM_PROCESSOR}")
endif()
set(MLE_ISAS "${mle_known_isas}" CACHE STRING "Kernel tables to build, of: ${mle_known_isas}")
foreach(isa ${MLE_ISAS})
  if(NOT isa IN_LIST mle_known_isas)
    message(FATAL_ERROR "MLE_ISAS: there is no '${isa}' on ${CMAKE_SYSTEM_PROCESSOR}; there is: ${mle_known_isas}")
  endif()
endforeach()

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_C_STANDARD 99)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_CXX_VISIBILITY_PRESET hidden)
set(CMAKE_VISIBILITY_INLINES_HIDDEN ON)
if(PROJECT_IS_TOP_LEVEL)
  set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/bin)
  set(CMAKE_LIBRARY_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/lib)
  set(CMAKE_ARCHIVE_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/lib)
endif()

# What every target of ours is compiled with. Warnings become errors in the presets
# (CMAKE_COMPILE_WARNING_AS_ERROR), never for those who embed us.
add_library(mle_flags INTERFACE)
target_compile_options(mle_flags INTERFACE -Wall -Wextra -Wconversion -Wshadow -ffp-contract=off)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  # GCC 12 sees overlaps in "literal" + std::string that are not there (its bug 105651), and bytes
  # nobody wrote in a std::string that comes out of an optional (105562). Clang and newer ones warn.
  target_compile_options(mle_flags INTERFACE -Wno-restrict -Wno-maybe-uninitialized)
endif()
target_include_directories(mle_flags INTERFACE ${PROJECT_SOURCE_DIR} ${PROJECT_BINARY_DIR})

# For format and runtime, all that is in libmle: nothing throws there. RTTI stays: without it the
# sanitizers report ghosts. -O3 would make it half as large again and no faster: what is hot lies in
# the kernels. No table of frames either, which nobody would throw through.
add_library(mle_no_exceptions INTERFACE)
target_compile_options(mle_no_exceptions INTERFACE $<$<COMPILE_LANGUAGE:CXX>:-fno-exceptions>
                       "$<$<CONFIG:Release>:-O2;-fno-asynchronous-unwind-tables>")

# The contract: <mle/...>.
add_library(mle_vocabulary INTERFACE)
target_include_directories(mle_vocabulary INTERFACE
  $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/runtime/include> $<INSTALL_INTERFACE:include>)
