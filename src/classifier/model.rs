//! The model, loaded.

use std::sync::Arc;

use prost::Message as _;
use tract_onnx::pb::ModelProto;
use tract_onnx::tract_core::internal::{IntoRunnable as _, Tensor, TractError, TractResult, TypedRunnableModel, tvec};

use super::layers::Shape;
use super::{ClassifierFault, network, preprocess, scores};
use crate::domain::picture::Picture;
use crate::domain::verdict::Scores;
use crate::policy::models::{self, Model};

/// A model that is ready to look at pictures. Made once for each instance.
pub struct Classifier {
    model: &'static Model,
    plan: Arc<TypedRunnableModel>,
}

impl Classifier {
    /// Loads the model called `id` from its file, whose SHA-256 (lowercase hexadecimal) the caller has computed.
    ///
    /// # Errors
    /// If it is not the file that this version was tested with.
    pub fn load(id: &str, file: &[u8], sha256: &str) -> Result<Self, ClassifierFault> {
        let known = models::MODELS.iter().find(|model| model.id == id);
        let model = known.ok_or_else(|| ClassifierFault::WrongModel(format!("'{id}' is not known")))?;
        if sha256 != model.sha256 {
            return Err(ClassifierFault::WrongModel(format!("{id} has SHA-256 {sha256}")));
        }
        let plan = plan(file, shape(model)).map_err(|error| ClassifierFault::Load(format!("{error:#}")))?;
        Ok(Self { model, plan })
    }

    /// Which model it is.
    #[must_use]
    pub fn model(&self) -> &'static Model {
        self.model
    }

    /// Looks at one picture.
    ///
    /// # Errors
    /// If the model fails, or answers with something that is no answer.
    pub fn classify(&self, picture: &Picture) -> Result<Scores, ClassifierFault> {
        let pixels = u64::from(picture.width) * u64::from(picture.height);
        if pixels == 0 || pixels != picture.pixels.len() as u64 {
            // What is missing would be judged as black.
            return Err(ClassifierFault::Run("the picture is not whole".into()));
        }
        self.run(picture)
            .map_err(|error| ClassifierFault::Run(format!("{error:#}")))
            .and_then(|answer| scores::scores(&answer))
    }

    fn run(&self, picture: &Picture) -> TractResult<Vec<f32>> {
        let shape = shape(self.model);
        let input = Tensor::from_shape(&shape.dimensions(), &preprocess::numbers(picture, shape.width))?;
        let answers = self.plan.run(tvec!(input.into()))?;
        let answer = answers.first().ok_or_else(|| TractError::msg("no answer"))?;
        Ok(answer.try_as_plain_ram()?.as_slice::<f32>()?.to_vec())
    }
}

/// tract reads the file and runs the graph; the layers are ours. They need none of the transformations that tract has
/// for its own, which take most of the time that loading takes otherwise.
pub(super) fn plan(file: &[u8], picture: Shape) -> TractResult<Arc<TypedRunnableModel>> {
    let graph = ModelProto::decode(file)?.graph.ok_or_else(|| TractError::msg("there is no graph"))?;
    network::read(graph, picture)?.into_runnable()
}

fn shape(model: &Model) -> Shape {
    let side = model.side_px as usize;
    Shape { height: side, width: side, channels: 3 }
}
