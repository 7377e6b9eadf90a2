"""The build backend of this folder: that of the folder above, run there."""
# SPDX-License-Identifier: Apache-2.0
import os

os.chdir(os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))

from scikit_build_core.build import *  # noqa: E402,F401,F403
