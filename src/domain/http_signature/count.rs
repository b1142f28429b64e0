//! Counts what the text of a dictionary names. A structured dictionary may name a member or a parameter twice, and then
//! the last counts (RFC 9651 §3.2); what is signed must not be said twice.

use std::convert::Infallible;

use sfv::visitor::{DictionaryVisitor, EntryVisitor, InnerListVisitor, ItemVisitor, ParameterVisitor};
use sfv::{BareItemFromInput, Dictionary, KeyRef, ListEntry, Parser};

/// Whether `dictionary`, which was read from `text`, has lost nothing that `text` says twice.
pub fn is_whole(text: &str, dictionary: &Dictionary) -> bool {
    let mut named = Count(0);
    let read = Parser::new(text).parse_dictionary_with_visitor(&mut named);
    let kept: usize = dictionary.values().map(|member| 1 + parameters_of(member)).sum();
    read.is_ok() && named.0 == kept
}

fn parameters_of(member: &ListEntry) -> usize {
    match member {
        ListEntry::Item(item) => item.params.len(),
        ListEntry::InnerList(list) => {
            list.params.len() + list.items.iter().map(|item| item.params.len()).sum::<usize>()
        }
    }
}

/// Members and parameters so far.
struct Count(usize);

impl<'de> DictionaryVisitor<'de> for &mut Count {
    type Out = ();
    type Error = Infallible;

    fn entry(&mut self, _key: &'de KeyRef) -> Result<impl EntryVisitor<'de>, Self::Error> {
        self.0 += 1;
        Ok(&mut **self)
    }

    fn finish(self) -> Result<Self::Out, Self::Error> {
        Ok(())
    }
}

impl<'de> EntryVisitor<'de> for &mut Count {
    type Error = Infallible;

    fn item(self) -> Result<impl ItemVisitor<'de>, Self::Error> {
        Ok(self)
    }

    fn inner_list(self) -> Result<impl InnerListVisitor<'de>, Self::Error> {
        Ok(self)
    }
}

impl<'de> InnerListVisitor<'de> for &mut Count {
    type Error = Infallible;

    fn item(&mut self) -> Result<impl ItemVisitor<'de>, Self::Error> {
        Ok(&mut **self)
    }

    fn finish(self) -> Result<impl ParameterVisitor<'de>, Self::Error> {
        Ok(self)
    }
}

impl<'de> ItemVisitor<'de> for &mut Count {
    type Out = ();
    type Error = Infallible;

    fn bare_item(
        self,
        _item: BareItemFromInput<'de>,
    ) -> Result<impl ParameterVisitor<'de, Out = Self::Out>, Self::Error> {
        Ok(self)
    }
}

impl<'de> ParameterVisitor<'de> for &mut Count {
    type Out = ();
    type Error = Infallible;

    fn parameter(&mut self, _key: &'de KeyRef, _value: BareItemFromInput<'de>) -> Result<(), Self::Error> {
        self.0 += 1;
        Ok(())
    }

    fn finish(self) -> Result<Self::Out, Self::Error> {
        Ok(())
    }
}
