"""A training loads no pictures of Prophet's; whoever wants them later gets the real ones."""

import subprocess
import sys

import pytest

AFTER = """
import sys
from engine.model.read.unplotted import unplotted
with unplotted():
    import prophet
assert prophet.Prophet().plot is not None
assert "matplotlib.pyplot" not in sys.modules and "prophet.plot" not in sys.modules
import prophet.plot
assert prophet.plot.__file__ and "matplotlib.pyplot" in sys.modules
"""


def test_prophet_is_loaded_without_its_plots_which_can_be_loaded_later():
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", AFTER], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_a_plot_that_was_not_loaded_says_so():
    from engine.model.read.unplotted import _Unplotted

    with pytest.raises(NotImplementedError, match="plot_components"):
        _Unplotted("prophet.plot").plot_components()
