"""Words of the approver's question that depend on no database."""

from sipas.release.request import told_anyway

FIGURE = {
    "unit_key": "gso:481@1900-01-01",
    "breakdown": "age_band",
    "breakdown_value": "60+",
    "variant_code": "official",
    "indicator_code": "1.1.1",
}


def test_figures_that_cannot_be_hidden_are_counted_and_named():
    text = "\n".join(told_anyway([FIGURE, FIGURE | {"indicator_code": ""}]))
    assert "2 số liệu phải ẩn" in text
    assert "gso:481@1900-01-01, age_band = 60+: 1.1.1" in text
    assert "số phiếu" in text


def test_a_release_that_hides_all_it_must_has_no_such_section():
    assert told_anyway([]) == []
