//! What the tests of the search share.

use cordial_check::scenario::Setting;
use cordial_check::{Action, World};

/// The world after these steps.
pub fn after(setting: Setting, actions: &[Action]) -> World {
    let mut world = World::new(setting);
    for &action in actions {
        assert!(world.actions().contains(&action), "{action:?} is not among {:?}", world.actions());
        world.apply(action);
    }
    world
}
