//! What a classifier outside says about a picture.

use serde::{Deserialize, Serialize};

/// One thing it sees.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Label {
    /// Its name in the service's own words.
    pub name: String,
    /// The name of the label above it; empty at the highest level.
    pub parent: String,
    /// How sure the service is, 0 to 100.
    pub confidence: f32,
}

/// All that it sees.
#[derive(Clone, Debug, PartialEq)]
pub struct Opinion {
    /// The service and its model, as stored with the decision.
    pub model: String,
    /// The labels, as many as it gave; none: it sees nothing of the kinds that it looks for.
    pub labels: Vec<Label>,
}
