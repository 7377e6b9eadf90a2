# Debian packages of what MleInstall.cmake installs, by `cpack -G DEB` in a build folder configured
# with CMAKE_INSTALL_PREFIX=/usr: libmle0, libmle-dev, mle-tools, mle-server.
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME mle)
set(CPACK_PACKAGE_VENDOR "mle")
set(MLE_MAINTAINER "The mle authors <mle@localhost>" CACHE STRING "who Debian packages say made them")
set(CPACK_PACKAGE_CONTACT ${MLE_MAINTAINER})
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "")  # each has its own
set(CPACK_STRIP_FILES ON)
set(CPACK_VERBATIM_VARIABLES ON)
set(CPACK_PACKAGE_DIRECTORY ${PROJECT_BINARY_DIR}/packages)

set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_COMPONENTS_GROUPING ONE_PER_GROUP)
set(CPACK_COMPONENTS_ALL library runtime)
if(MLE_BUILD_TOOLS)
  list(APPEND CPACK_COMPONENTS_ALL tools)
  if(MLE_BUILD_COMPILER)
    list(APPEND CPACK_COMPONENTS_ALL compiler)
  endif()
  if(MLE_BUILD_SERVE)
    list(APPEND CPACK_COMPONENTS_ALL server)
  endif()
endif()

set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_RELEASE 1)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_COMPRESSION_TYPE xz)

# mle_package(NAME SECTION DEPENDS SUMMARY TEXT): the package of the component group of that name.
function(mle_package name section depends summary text)
  string(TOUPPER ${name} group)
  foreach(pair "PACKAGE_NAME;${name}" "PACKAGE_SECTION;${section}" "PACKAGE_DEPENDS;${depends}")
    list(POP_FRONT pair key)
    set(CPACK_DEBIAN_${group}_${key} "${pair}" PARENT_SCOPE)
  endforeach()
  set(CPACK_COMPONENT_${group}_DESCRIPTION "${summary}\n${text}" PARENT_SCOPE)
  set(CPACK_COMPONENT_GROUP_${group}_DESCRIPTION "${summary}\n${text}" PARENT_SCOPE)
  set(CPACK_DEBIAN_${group}_DESCRIPTION "${summary}\n${text}" PARENT_SCOPE)
endfunction()
set(same "(= ${PROJECT_VERSION}-${CPACK_DEBIAN_PACKAGE_RELEASE})")
mle_package(libmle0 libs "" "runtime of compiled models, shared library"
  "libmle answers from models that were trained elsewhere and compiled into one\nfile: multilayer perceptrons, regressions and their preprocessing.")
mle_package(libmle-dev libdevel "libmle0 ${same}" "runtime of compiled models, headers"
  "Headers for C and C++, the static library, and files for CMake and pkg-config.\nThe runtime is in libmle0.")
mle_package(mle-tools science "" "compiler and tools for trained models"
  "mle-convert compiles trained models into one file, mle-run answers from it,\nmle-inspect shows and checks it, mle-bench measures it.")
mle_package(mle-server net "" "model server that speaks the Open Inference Protocol"
  "mle-serve answers from compiled models over gRPC and HTTP, with metrics,\nversions, reload by rename and TLS. Its unit for systemd is not enabled\nby itself.")

set(CPACK_DEBIAN_MLE-SERVER_PACKAGE_CONTROL_EXTRA ${PROJECT_BINARY_DIR}/deb/conffiles)
file(WRITE ${PROJECT_BINARY_DIR}/deb/conffiles "/etc/mle/serve.json\n")
set(CPACK_DEBIAN_LIBMLE0_PACKAGE_CONTROL_EXTRA ${PROJECT_BINARY_DIR}/deb/shlibs
    ${PROJECT_BINARY_DIR}/deb/triggers)
set(soversion ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR})
file(WRITE ${PROJECT_BINARY_DIR}/deb/shlibs
     "libmle ${soversion} libmle0 (>= ${PROJECT_VERSION}), libmle0 (<< ${soversion}.999)\n")
file(WRITE ${PROJECT_BINARY_DIR}/deb/triggers "activate-noawait ldconfig\n")
set(CPACK_MLE_DEPLOY ${PROJECT_SOURCE_DIR}/deploy/debian)
set(CPACK_MLE_CHANGELOG ${PROJECT_SOURCE_DIR}/CHANGELOG.md)
set(CPACK_PRE_BUILD_SCRIPTS ${CMAKE_CURRENT_LIST_DIR}/finish_packages.cmake)

include(CPack)
foreach(group libmle0 libmle-dev mle-tools mle-server)
  cpack_add_component_group(${group})
endforeach()
cpack_add_component(library GROUP libmle0)
cpack_add_component(runtime GROUP libmle-dev)
cpack_add_component(tools GROUP mle-tools)
cpack_add_component(compiler GROUP mle-tools)
cpack_add_component(server GROUP mle-server)
