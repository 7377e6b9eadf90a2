# What `cmake --install` puts where, and how others find it: find_package(mle) and pkg-config mle.
# Promise: the installed tree can be moved as a whole, and needs nothing of ours at build time but
# <mle/...> and libmle.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(mle_cmake_dir ${CMAKE_INSTALL_LIBDIR}/cmake/mle)

# Component library: libmle.so; component runtime: headers, libmle.a, package files.
install(DIRECTORY ${PROJECT_SOURCE_DIR}/runtime/include/mle DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
        COMPONENT runtime FILES_MATCHING PATTERN "*.h")
set_target_properties(mle_vocabulary PROPERTIES EXPORT_NAME vocabulary)
set_target_properties(mle_runtime_static PROPERTIES EXPORT_NAME runtime_static)
set_target_properties(mle_runtime_shared PROPERTIES EXPORT_NAME runtime_shared)
install(TARGETS mle_vocabulary mle_runtime_static mle_runtime_shared EXPORT mle-runtime
        ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT runtime
        LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT library
        NAMELINK_COMPONENT runtime
        INCLUDES DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(EXPORT mle-runtime NAMESPACE mle:: DESTINATION ${mle_cmake_dir} COMPONENT runtime)

configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/mle-config.cmake.in
  ${PROJECT_BINARY_DIR}/mle-config.cmake INSTALL_DESTINATION ${mle_cmake_dir})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/mle-config-version.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/mle-config.cmake ${PROJECT_BINARY_DIR}/mle-config-version.cmake
        DESTINATION ${mle_cmake_dir} COMPONENT runtime)

# mle.pc finds its prefix from where it lies.
set(mle_pc_dir ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
file(RELATIVE_PATH mle_pc_to_prefix /prefix/${mle_pc_dir} /prefix)
string(REGEX REPLACE "/$" "" mle_pc_to_prefix ${mle_pc_to_prefix})
set(mle_pc_libs_private "-lstdc++ -lm -lpthread")
if(MLE_MIMALLOC)
  string(PREPEND mle_pc_libs_private "-lmimalloc ")
endif()
configure_file(${CMAKE_CURRENT_LIST_DIR}/mle.pc.in ${PROJECT_BINARY_DIR}/mle.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/mle.pc DESTINATION ${mle_pc_dir} COMPONENT runtime)

# Every program of tools/: mle-convert is component compiler, mle-serve component server, the others
# are component tools.
if(MLE_BUILD_TOOLS)
  get_property(mle_programs DIRECTORY ${PROJECT_SOURCE_DIR}/tools PROPERTY BUILDSYSTEM_TARGETS)
  list(FILTER mle_programs INCLUDE REGEX "^mle-")
  foreach(program ${mle_programs})
    set(component tools)
    if(program STREQUAL "mle-convert")
      set(component compiler)
    elseif(program STREQUAL "mle-serve")
      set(component server)
      install(FILES ${PROJECT_SOURCE_DIR}/deploy/mle-serve.service DESTINATION lib/systemd/system
              COMPONENT server)
    endif()
    install(TARGETS ${program} EXPORT mle-${component} RUNTIME COMPONENT ${component})
    if(NOT CMAKE_CROSSCOMPILING)
      set(share ${PROJECT_BINARY_DIR}/share)
      install(FILES ${share}/man/man1/${program}.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1
              COMPONENT ${component})
      install(FILES ${share}/bash-completion/completions/${program}
              DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions
              COMPONENT ${component})
      install(FILES ${share}/zsh/site-functions/_${program}
              DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/site-functions COMPONENT ${component})
    endif()
    set(mle_has_${component} TRUE)
  endforeach()
  foreach(component compiler tools server)
    if(mle_has_${component})
      install(EXPORT mle-${component} NAMESPACE mle:: DESTINATION ${mle_cmake_dir}
              COMPONENT ${component})
    endif()
  endforeach()
endif()

install(FILES ${PROJECT_SOURCE_DIR}/LICENSE ${PROJECT_SOURCE_DIR}/THIRD_PARTY.md
        DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT runtime)
