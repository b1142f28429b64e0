//! The model, loaded.

use std::sync::Arc;

use tract_onnx::pb::ModelProto;
use tract_onnx::prelude::{
    Framework as _, InferenceModelExt as _, IntoRunnable as _, Tensor, TypedRunnableModel, tvec,
};
use tract_onnx::tract_hir::internal::{TractError, TractResult};

use super::{ClassifierFault, preprocess, scores, weights};
use crate::domain::picture::Picture;
use crate::domain::verdict::Scores;
use crate::policy::models::{self, Model};

/// A model that is ready to look at pictures. Made once for each instance: it takes a quarter of a second and most of
/// the memory that the classifier needs.
pub struct Classifier {
    model: &'static Model,
    plan: Arc<TypedRunnableModel>,
}

impl Classifier {
    /// Loads the model called `id` from its file, whose SHA-256 (lowercase hexadecimal) the caller has computed.
    ///
    /// # Errors
    /// If it is not the file that this version was tested with.
    pub fn load(id: &str, file: Vec<u8>, sha256: &str) -> Result<Self, ClassifierFault> {
        let known = models::MODELS.iter().find(|model| model.id == id);
        let model = known.ok_or_else(|| ClassifierFault::WrongModel(format!("'{id}' is not known")))?;
        if sha256 != model.sha256 {
            return Err(ClassifierFault::WrongModel(format!("{id} has SHA-256 {sha256}")));
        }
        let load = |error: TractError| ClassifierFault::Load(format!("{error:#}"));
        let mut proto = tract_onnx::onnx().proto_model_for_read(&mut file.as_slice()).map_err(load)?;
        drop(file);
        if let Some(graph) = &mut proto.graph {
            weights::dequantise(graph)?;
        }
        Ok(Self { model, plan: plan(proto).map_err(load)? })
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
        let side = self.model.side_px as usize;
        let input = Tensor::from_shape(&[1, 3, side, side], &preprocess::planes(picture, side))?;
        let answers = self.plan.run(tvec!(input.into()))?;
        let answer = answers.first().ok_or_else(|| TractError::msg("no answer"))?;
        Ok(answer.to_plain_array_view::<f32>()?.iter().copied().collect())
    }
}

fn plan(proto: ModelProto) -> TractResult<Arc<TypedRunnableModel>> {
    let parsed = tract_onnx::onnx().model_for_proto_model(&proto)?;
    // Its weights are in the parsed model now; a third copy would cost ten megabytes.
    drop(proto);
    parsed.into_optimized()?.into_runnable()
}
