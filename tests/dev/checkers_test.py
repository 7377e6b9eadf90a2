#!/usr/bin/env python3
"""The checkers of tools/dev catch what they promise to catch, and let good trees pass."""
# SPDX-License-Identifier: Apache-2.0
import os
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "tools", "dev"))
sys.dont_write_bytecode = True
import check_rooms  # noqa: E402
import check_tree  # noqa: E402


class Tree:
    """A folder with the given files, path -> text."""

    def __init__(self, files):
        self.folder = tempfile.TemporaryDirectory()
        for path, text in files.items():
            full = os.path.join(self.folder.name, path)
            os.makedirs(os.path.dirname(full), exist_ok=True)
            with open(full, "w", encoding="utf-8") as file:
                file.write(text)

    def __enter__(self):
        return self.folder.name

    def __exit__(self, *_):
        self.folder.cleanup()


def rooms(path, *includes):
    with Tree({path: "".join(f"#include {i}\n" for i in includes)}) as root:
        return check_rooms.check(root)


class Rooms(unittest.TestCase):
    def assert_good(self, path, *includes):
        self.assertEqual(rooms(path, *includes), [])

    def assert_caught(self, path, include, why):
        problems = rooms(path, include)
        self.assertEqual(len(problems), 1, problems)
        self.assertIn(f"{path}:1:", problems[0])
        self.assertIn(why, problems[0])

    def test_downstream_includes_pass(self):
        self.assert_good("format/file_view.cpp", '"format/file_view.h"', "<mle/status.h>", "<vector>",
                         "<flatbuffers/flatbuffers.h>")
        self.assert_good("runtime/load/loader.cpp", '"format/file_view.h"',
                         '"runtime/kernels/kernels.h"', "<mle/model.h>", "<sys/mman.h>")
        self.assert_good("compiler/compile.cpp", '"compiler/graph/graph.h"', '"format/layout.h"')
        self.assert_good("tools/mle-run/main.cpp", "<mle/mle.h>", '"tools/cli/flags.h"')
        self.assert_good("tests/format/view_test.cpp", '"compiler/compile.h"', "<doctest/doctest.h>")

    def test_compiler_never_sees_the_runtime(self):
        self.assert_caught("compiler/compile.cpp", "<mle/model.h>", "compiler may not include contract")
        self.assert_caught("compiler/emit/emit.cpp", '"runtime/session_impl.h"', "may not include runtime")

    def test_format_knows_nothing_downstream(self):
        self.assert_caught("format/layout.h", '"runtime/kernels/kernels.h"', "may not include kernels")
        self.assert_caught("format/layout.h", "<mle/session.h>", "may not include contract")
        self.assert_caught("format/file_view.cpp", "<sys/mman.h>", "operating system")

    def test_nobody_includes_programs_examples_or_tests(self):
        self.assert_caught("runtime/model.cpp", '"tools/cli/flags.h"', "may not include tools")
        self.assert_caught("compiler/compile.cpp", '"tests/support/near.h"', "may not include tests")
        self.assert_caught("tests/x.cpp", '"examples/embed_cpp/main.h"', "may not include examples")

    def test_the_wheel_uses_compiler_and_contract_and_no_program(self):
        self.assert_good("python/convert.cpp", '"compiler/compile.h"', "<mle/mle.h>",
                         '"tools/golden/trial.h"', '"golden/replay.h"', "<nanobind/nanobind.h>")
        self.assert_caught("python/question.cpp", '"runtime/session_state.h"', "may not include runtime")
        self.assert_caught("python/convert.cpp", '"tools/cli/flags.h"', "may not include tools")
        self.assert_caught("compiler/compile.cpp", '"python/array.h"', "may not include python")
        self.assert_caught("compiler/compile.cpp", "<nanobind/nanobind.h>", "home in python/")

    def test_the_engine_of_the_server_knows_no_transport(self):
        self.assert_good("serve/engine/engine.cpp", '"golden/replay.h"', "<mle/session.h>")
        self.assert_good("serve/grpc/front.cpp", '"serve/engine/engine.h"', "<grpcpp/grpcpp.h>")
        self.assert_caught("serve/engine/engine.cpp", "<grpcpp/grpcpp.h>", "has its home in serve/grpc/")
        self.assert_caught("serve/engine/engine.cpp", '"serve/grpc/front.h"', "knows no front")
        self.assert_caught("serve/engine/engine.cpp", '"runtime/session_impl.h"', "may not include runtime")

    def test_examples_use_the_contract_alone(self):
        self.assert_good("examples/embed_c/main.c", "<mle/c.h>", "<stdio.h>")
        self.assert_caught("examples/embed_cpp/main.cpp", '"format/header.h"', "may not include format")

    def test_each_dependency_has_one_home(self):
        self.assert_caught("runtime/model.cpp", "<flatbuffers/flatbuffers.h>", "home in format/")
        self.assert_caught("runtime/steps/dense.cpp", "<xsimd/xsimd.hpp>", "home in runtime/kernels/")
        self.assert_caught("compiler/compile.cpp", "<google/protobuf/message_lite.h>", "compiler/import/")
        self.assert_caught("tools/mle-run/main.cpp", "<zlib.h>", "home in tools/cli/")
        self.assert_caught("runtime/steps/dense.cpp", "<immintrin.h>", "runtime/kernels/")
        self.assert_caught("compiler/compile.cpp", "<boost/any.hpp>", "unknown third-party header")

    def test_instruction_set_files_include_templates_only(self):
        self.assert_good("runtime/kernels/isa_avx2.cpp", '"runtime/kernels/table-inl.h"')
        self.assert_caught("runtime/kernels/isa_avx2.cpp", '"runtime/kernels/dispatch.h"',
                           "one instruction set")

    def test_spelling_of_includes(self):
        self.assert_caught("tools/mle-run/main.cpp", '"mle/mle.h"', "in angles")
        self.assert_caught("runtime/model.cpp", '"model_impl.h"', "starts with a room's folder")
        self.assert_caught("runtime/include/mle/model.h", '"format/mle_generated.h"', "may not include")

    def test_a_source_outside_all_rooms_is_caught(self):
        self.assertIn("lies in no room", rooms("helpers/x.h")[0])


HEADER = "// What this is.\n// SPDX-License-Identifier: Apache-2.0\n"


class TreeRules(unittest.TestCase):
    def problems(self, path, text):
        with Tree({path: text}) as root:
            return check_tree.check(root)

    def assert_caught(self, path, text, why):
        problems = self.problems(path, text)
        self.assertEqual(len(problems), 1, problems)
        self.assertIn(why, problems[0])

    def test_a_good_file_passes(self):
        self.assertEqual(self.problems("format/a.h", HEADER + "int f();\n"), [])

    def test_long_files_are_caught(self):
        self.assert_caught("format/a.h", HEADER + "\n" * 799, "801 lines")

    def test_large_files_are_caught(self):
        self.assert_caught("docs/a.bin", "x" * (512 * 1024 + 1), "bytes")

    def test_a_missing_licence_line_is_caught(self):
        self.assert_caught("format/a.h", "int f();\n", "SPDX")
        self.assert_caught("script/demo", "#!/bin/sh\n", "SPDX")

    def test_words_of_unfinished_work_are_caught(self):
        self.assert_caught("format/a.h", HEADER + "// TO" + "DO: later\n", "unfinished")
        self.assert_caught("README.md", "# FIX" + "ME\n", "unfinished")

    def test_case_names_are_checked(self):
        self.assert_caught("tests/a.cpp", HEADER + 'TEST_CASE("kernels: a; b") {}\n', "semicolon")
        self.assert_caught("tests/a.cpp", HEADER + 'TEST_CASE("adds up") {}\n', "begin with the theme")

    def test_skipped_tests_are_caught(self):
        self.assert_caught("tests/a.cpp", HEADER + "* doctest::" + "skip(true)\n", "skipped")


if __name__ == "__main__":
    unittest.main()
