# mle_test(room file... LIBS library...): the room's doctest binary, each case a ctest named by its
# sentence and labelled by its room. Case names must not contain semicolons.
if(MLE_BUILD_TESTS)
  enable_testing()
  find_package(doctest REQUIRED)
  include(doctest)
endif()
function(mle_test room)
  cmake_parse_arguments(arg "" "" "LIBS" ${ARGN})
  add_executable(mle_${room}_tests ${arg_UNPARSED_ARGUMENTS})
  target_link_libraries(mle_${room}_tests PRIVATE ${arg_LIBS} mle_flags mle_doctest)
  # Half of a room's compile time would go into optimising its assertions.
  target_compile_options(mle_${room}_tests PRIVATE $<$<CONFIG:Release>:-O1>)
  target_compile_definitions(mle_${room}_tests PRIVATE
    MLE_TEST_CASES="${PROJECT_SOURCE_DIR}/tests/cases")
  doctest_discover_tests(mle_${room}_tests PROPERTIES LABELS ${room})
endfunction()
