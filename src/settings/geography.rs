//! What a deployment withholds in which countries.

use serde::Deserialize;

use super::SettingFault;
use crate::domain::country::Country;
use crate::domain::geography::{Geography, Withheld, Withholding};
use crate::domain::ids::ImageId;

/// Longest reason, in characters.
const REASON_CHARS_MAX: usize = 300;

/// A row, as it is set.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    country: String,
    withholds: Vec<String>,
    reason: String,
}

/// Reads `WITHHELD_IN`: a JSON list of rows (docs/deploy.md).
pub(super) fn read(lookup: &impl Fn(&str) -> Option<String>) -> Result<Geography, SettingFault> {
    let text = lookup("WITHHELD_IN").unwrap_or_default();
    if text.trim().is_empty() {
        return Ok(Geography::default());
    }
    let rows: Vec<Row> = serde_json::from_str(&text).map_err(|_| {
        let rule = "must be a JSON list of {\"country\", \"withholds\", \"reason\"}";
        SettingFault { name: "WITHHELD_IN", rule }
    })?;
    let mut geography = Geography::default();
    for row in rows {
        geography.0.extend(read_row(&row).map_err(|rule| SettingFault { name: "WITHHELD_IN", rule })?);
    }
    Ok(geography)
}

fn read_row(row: &Row) -> Result<Vec<Withholding>, &'static str> {
    let country = Country::parse(&row.country).ok_or("must name countries by their two letters (ISO 3166-1)")?;
    let reason = row.reason.trim().to_owned();
    let is_right = (1..=REASON_CHARS_MAX).contains(&reason.chars().count()) && !reason.chars().any(char::is_control);
    if !is_right {
        return Err("must give each row a reason of at most 300 characters in one line");
    }
    let withheld = |what: &String| match what.as_str() {
        "restricted" => Some(Withheld::Restricted),
        id => ImageId::parse(id).map(Withheld::Image),
    };
    let all: Option<Vec<Withheld>> = row.withholds.iter().map(withheld).collect();
    let all = all.filter(|all| !all.is_empty()).ok_or("must withhold \"restricted\", or images by their names")?;
    Ok(all.into_iter().map(|what| Withholding { country, what, reason: reason.clone() }).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(text: &str) -> Option<usize> {
        read(&|_: &str| Some(text.to_owned())).ok().map(|geography| geography.0.len())
    }

    #[test]
    fn every_row_is_understood_or_the_deployment_does_not_start() {
        let id = ImageId::from_random([1; 15]);
        let row = format!(r#"{{"country":"DE","withholds":["restricted","{id}"],"reason":"an order"}}"#);
        assert_eq!(rows(""), Some(0));
        assert_eq!(rows(" [] "), Some(0));
        assert_eq!(rows(&format!("[{row}]")), Some(2));
        let long = "x".repeat(301);
        for wrong in [
            "DE",
            "{}",
            &row,
            r#"[{"country":"DE","withholds":["restricted"]}]"#,
            r#"[{"country":"XX","withholds":["restricted"],"reason":"a"}]"#,
            r#"[{"country":"DE","withholds":[],"reason":"a"}]"#,
            r#"[{"country":"DE","withholds":["everything"],"reason":"a"}]"#,
            r#"[{"country":"DE","withholds":["restricted"],"reason":" "}]"#,
            r#"[{"country":"DE","withholds":["restricted"],"reason":"a","until":1}]"#,
            &format!(r#"[{{"country":"DE","withholds":["restricted"],"reason":"{long}"}}]"#),
        ] {
            assert_eq!(rows(wrong), None, "{wrong}");
        }
    }
}
