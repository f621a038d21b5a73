"""Number formats: what TEXT shows by each part of the grammar.

The values are Excel's: those named in cases/cases.json (workbooks of Apache POI and others),
Microsoft's documentation of the codes ("Number format codes", "TEXT function"), and rounding by
hand.
"""

import pytest

from sheetsim.formula.functions._format_sections import FormatError
from sheetsim.formula.functions._number_format import show


@pytest.mark.parametrize(
    ("value", "code", "shown"),
    [
        (1234.56, ".##", "1234.56"),
        (12, ".0%", "1200.0%"),
        (11, '[>=10]#" Big"', "11 Big"),
        (5, '[>=10]#" Big"', "5"),
        (-3.14159, "[mm]:ss.0", "-4523:53.4"),
        (0.6079513889, "hh:mm:ss a/p", "02:35:27 p"),
        (-0.3333333333333333, "0", "0"),
        (-0.3333333333333333, "0.0", "-0.3"),
        (12345, "0,.0", "12.3"),
        (12345, "#,##0,", "12"),
        (1234567, "0.0,,", "1.2"),
        (0.5, "# ?/?", " 1/2"),
        (3.25, "# ??/??", "3  1/4 "),
        (3.25, '0 "and" 0/0', "3 and 1/4"),
        (True, '0;0;0;"x"@', "xTRUE"),
        (True, "0.00", "TRUE"),
        ("ab", "0;0;0;", ""),
        ("ab", "@@", "abab"),
        (-5, "0;(0)", "(5)"),
        (-5, "[<0]0.0;0", "-5.0"),
        (50, '[<100]"s"0;"l"0', "s50"),
        (150, '[<100]"s"0;"l"0', "l150"),
        (-5, "[Red]-0.0", "--5.0"),
        (43831, "e", "2020"),
        (43831, "bbbb", "2563"),
        (43831, "yyyy-mm-dd", "2020-01-01"),
        (0.75, "h:mm AM/PM", "6:00 PM"),
        (0.75, "h:mm am/pm", "6:00 PM"),
        (1.5, "[h]:mm", "36:00"),
        (0, "#", ""),
        (0, "#.##", "."),
        (0, '0;-0;"zero"', "zero"),
        (10000000000.0, "0.00E+00", "1.00E+10"),
        (123456789, "##0.0E+0", "123.5E+6"),
        (0.1, "0%", "10%"),
        (-0.001, "0%", "0%"),
        (-0.001, "0.0;(0.0)", "(0.0)"),
        (1234.5, "$#,##0.00", "$1,234.50"),
        (1234.5, "[$€-407] #,##0.00", "€ 1,234.50"),
        (5551234567, "(000) 000-0000", "(555) 123-4567"),
        (5, 'General" u"', "5 u"),
        (-5, "General", "-5"),
        (5, "", ""),
        (43831.75, "dddd, mmmm dd, yyyy h:mm:ss", "Wednesday, January 01, 2020 18:00:00"),
        (1e-05, "ss.000", "00.864"),
        (12, "00.00", "12.00"),
        (-12.3, '"a"0.0', "-a12.3"),
        (2.5, "0", "3"),
        (0.35, "?/?", "1/3"),
        (1.0, "# ?/?", "1    "),
        (12.3, "#,##0.00_);(#,##0.00)", "12.30 "),
        (1234, "#,###", "1,234"),
        (0, "#,###", ""),
        (3.14159, "0.0##", "3.142"),
        (3.1, "0.0##", "3.1"),
        (3.25, "# ? / ?", "3 1 / 4"),
        (1234.56, "#,##0.0;[Red]-#,##0.0", "1,234.6"),
        (-1234.56, "#,##0.0;[Red]-#,##0.0", "-1,234.6"),
        (0.0, '[=0]"nil";0.0', "nil"),
        (7.0, '[=0]"nil";0.0', "7.0"),
        (12.0, '[>100]"high";[<10]"low";"mid"', "mid"),
        (3.0, '[>100]"high";[<10]"low";"mid"', "low"),
        (101.0, '[>100]"high";[<10]"low";"mid"', "high"),
    ],
)
def test_a_value_as_its_code_shows_it(value: float | str | bool, code: str, shown: str) -> None:
    assert show(value, code) == shown


@pytest.mark.parametrize(
    ("code", "day"), [("yyyy-mm-dd", "1904-01-02"), ("[h]", "24"), ("0", "1"), ("ddd", "Sat")]
)
def test_days_from_1904(code: str, day: str) -> None:
    """1904-01-02 was a Saturday; elapsed times and numbers know no first day."""
    assert show(1.0, code, 1462) == day


@pytest.mark.parametrize(
    ("value", "code"),
    [(-1.0, "yyyy"), (1.0, "0;0;0;0;0"), (5.0, "[<1]0;[>9]0"), (1.0, "[unknown]0"), (3e9, "yyyy")],
)
def test_what_no_code_shows_is_an_error(value: float, code: str) -> None:
    with pytest.raises((FormatError, ValueError)):
        show(value, code)
