#!/usr/bin/env python3
"""check_schema.py catches every change that would make released files mean something else."""
# SPDX-License-Identifier: Apache-2.0
import os
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "tools", "dev"))
sys.dont_write_bytecode = True
import check_schema  # noqa: E402

RELEASED = """
namespace n;  // a comment; with a semicolon
enum Kind : ubyte { None, One, Two }
struct Pair { lo:uint; hi:uint; }
table Leaf { name:uint; size:uint = 4; many:[Pair] (required); last:ulong; }
table Root { leaves:[Leaf] (required); kind:Kind; }
root_type Root;
"""


class Schema(unittest.TestCase):
    def problems(self, old, new):
        self.assertIn(old, RELEASED)
        return list(check_schema.compare(check_schema.parse(RELEASED),
                                         check_schema.parse(RELEASED.replace(old, new, 1))))

    def assert_caught(self, old, new, why):
        found = self.problems(old, new)
        self.assertTrue(any(why in sentence for sentence in found), found)

    def test_growth_at_the_end_passes(self):
        self.assertEqual(self.problems("last:ulong;", "last:ulong; more:uint;"), [])
        self.assertEqual(self.problems("Two }", "Two, Three }"), [])
        self.assertEqual(self.problems("root_type", "table New { a:uint; }\nroot_type"), [])
        self.assertEqual(self.problems("// a comment; with a semicolon", "// another"), [])

    # What flatc 2.0.8 --conform lets pass.
    def test_deleted_last_field(self):
        self.assert_caught("last:ulong;", "", "last is gone")

    def test_grown_struct(self):
        self.assert_caught("hi:uint; }", "hi:uint; top:uint; }", "struct Pair has changed")

    def test_dropped_required(self):
        self.assert_caught("leaves:[Leaf] (required);", "leaves:[Leaf];", "leaves")

    def test_added_required(self):
        self.assert_caught("kind:Kind;", "kind:Kind (required);", "kind")

    def test_new_required_field(self):
        self.assert_caught("last:ulong;", "last:ulong; more:[uint] (required);", "more is required")

    # What it finds, found here too, as flatc may be missing.
    def test_other_breaks(self):
        self.assert_caught("name:uint; size:uint = 4;", "size:uint = 4; name:uint;", "name")
        self.assert_caught("size:uint = 4;", "size:ulong = 4;", "size")
        self.assert_caught("size:uint = 4;", "size:uint = 5;", "size")
        self.assert_caught("None, One, Two", "None, Two, One", "enum Kind")
        self.assert_caught("Kind : ubyte", "Kind : ushort", "another type")
        self.assert_caught("root_type Root;", "root_type Leaf;", "root_type Root is gone")


if __name__ == "__main__":
    unittest.main()
