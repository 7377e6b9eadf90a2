# Toolchain file: builds for AArch64 on another machine, with Debian's g++-aarch64-linux-gnu, and runs
# tests in qemu-user. Needs no libraries of the target beyond libc and libstdc++.
# Promise: no folder of the host's headers is searched. The libraries that are headers alone are
# linked, one by one, into a folder of the build tree that is.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_C_COMPILER aarch64-linux-gnu-gcc)
set(CMAKE_CXX_COMPILER aarch64-linux-gnu-g++)
set(CMAKE_CROSSCOMPILING_EMULATOR qemu-aarch64 -L /usr/aarch64-linux-gnu)

set(mle_headers ${CMAKE_BINARY_DIR}/host_headers)
list(APPEND CMAKE_FIND_ROOT_PATH /usr/aarch64-linux-gnu ${mle_headers})
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
# An installed mle is found where CMAKE_PREFIX_PATH says, and nothing there names headers of the host.
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE BOTH)

# What find_path() and find_package() find below mle_headers. A compiler test of CMake's own needs
# none of it.
get_property(mle_in_try_compile GLOBAL PROPERTY IN_TRY_COMPILE)
if(NOT mle_in_try_compile AND NOT EXISTS ${mle_headers}/lib/cmake/doctest/doctestConfig.cmake)
  set(mle_host_include /usr/include CACHE PATH "Where the host has FlatBuffers, xxHash, doctest")
  file(MAKE_DIRECTORY ${mle_headers}/include ${mle_headers}/lib/cmake/doctest)
  foreach(name flatbuffers doctest xxhash.h xxh3.h)
    if(EXISTS ${mle_host_include}/${name})
      file(CREATE_LINK ${mle_host_include}/${name} ${mle_headers}/include/${name} SYMBOLIC)
    endif()
  endforeach()
  # The host's package file names the host's whole folder of headers; this one does not.
  foreach(name doctest.cmake doctestAddTests.cmake)
    if(EXISTS ${mle_host_include}/../lib/cmake/doctest/${name})
      file(CREATE_LINK ${mle_host_include}/../lib/cmake/doctest/${name}
           ${mle_headers}/lib/cmake/doctest/${name} SYMBOLIC)
    endif()
  endforeach()
  file(WRITE ${mle_headers}/lib/cmake/doctest/doctestConfig.cmake
    "add_library(doctest::doctest INTERFACE IMPORTED)\n"
    "target_include_directories(doctest::doctest INTERFACE \"${mle_headers}/include\")\n"
    "list(APPEND CMAKE_MODULE_PATH \"\${CMAKE_CURRENT_LIST_DIR}\")\n")
endif()
