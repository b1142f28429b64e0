//! What a person's decision about an image rests on: the reason code of the review log and of statements of reasons.

use serde::{Deserialize, Serialize};

use super::words::words;

words! {
    /// A ground. What each means in law or by the terms is policy (`policy/grounds.rs`).
    Ground {
        /// Nothing speaks against it.
        NothingFound = "nothing_found", "Nothing wrong with it";
        /// Nudity or sexual acts of adults.
        SexualContent = "sexual_content", "Nudity or sexual acts";
        /// Sexual abuse of a child, or a child shown sexually.
        ChildAbuse = "child_abuse", "Sexual abuse of a child";
        /// Intimate pictures shared against the will of those they show, made with a machine or not.
        IntimateImagery = "intimate_imagery", "Intimate picture shared without consent";
        /// Terrorist content.
        Terrorism = "terrorism", "Terrorism";
        /// Cruelty, gore, or a threat.
        Violence = "violence", "Violence or threats";
        /// Hatred against a group of people.
        Hate = "hate", "Hatred against a group";
        /// One person made a target.
        Harassment = "harassment", "Harassment";
        /// Somebody else's copyright.
        Copyright = "copyright", "Copyright";
        /// Personal data of somebody who does not want it shown.
        PersonalData = "personal_data", "Somebody's personal data";
        /// Deceiving people: phishing, forged documents, swindles.
        Fraud = "fraud", "Fraud or deception";
        /// Against another law.
        OtherIllegal = "other_illegal", "Against another law";
        /// Against another rule of the terms, such as spam.
        OtherTerms = "other_terms", "Against another rule of the terms";
        /// Not decided yet: somebody else is to look.
        Undecided = "undecided", "Somebody else should look";
    }
}
