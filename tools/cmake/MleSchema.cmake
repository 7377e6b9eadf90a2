# mle_schema(TARGET schema.fbs): generates the C++ header of a FlatBuffers schema into the build tree
# under the same folder. Generated, never committed: it asserts the exact library version.
find_program(MLE_FLATC flatc REQUIRED)
function(mle_schema target schema)
  get_filename_component(stem ${schema} NAME_WE)
  file(RELATIVE_PATH room ${PROJECT_SOURCE_DIR} ${CMAKE_CURRENT_SOURCE_DIR})
  set(out ${PROJECT_BINARY_DIR}/${room})
  file(MAKE_DIRECTORY ${out})
  add_custom_command(OUTPUT ${out}/${stem}_generated.h
    COMMAND ${MLE_FLATC} --cpp --scoped-enums --gen-object-api -o ${out}
            ${CMAKE_CURRENT_SOURCE_DIR}/${schema}
    DEPENDS ${schema} VERBATIM)
  add_custom_target(${target} DEPENDS ${out}/${stem}_generated.h)
endfunction()
