//! How a contract can be wrong, one file per kind. A new kind is a new file here, with a `KIND`, and its name in the list below.

use super::mutant::Mutant;
use super::view::View;

/// One kind of change.
pub struct Kind {
    /// Its name, in which every such mutant's name begins.
    pub name: &'static str,
    /// Makes all of them.
    pub mutants: fn(&View<'_, '_>) -> Vec<Mutant>,
}

macro_rules! kinds {
    ($($name:ident),* $(,)?) => {
        $(mod $name;)*
        /// Every kind.
        pub const ALL: &[&Kind] = &[$(&$name::KIND),*];
    };
}

kinds![
    operation_moved,
    version_changed,
    parameter_changed,
    status_removed,
    header_removed,
    content_type_changed,
    property_dropped,
    property_renamed,
    type_changed,
    type_added,
    required_toggled,
    nullable_flipped,
    value_removed,
    bound_moved,
    format_changed,
    pattern_loosened,
    object_closed,
];
