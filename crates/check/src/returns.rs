//! Steps to states that were seen before, and whether a run can go round in them for ever.

use std::collections::BTreeMap;

use crate::visited::Visited;

/// Steps that led to a state seen before, in the order of the states they lead from.
///
/// Together with the steps that found the states, which [`Visited`] keeps, they are all that can be part of a cycle. A
/// step takes two numbers, each as the difference to the one before, seven bits an octet: three octets a step, mostly.
#[derive(Debug, Default)]
pub struct Returns {
    octets: Vec<u8>,
    last: (u32, u32),
}

impl Returns {
    /// A step from one state to another. Steps come in the order of the states they lead from.
    pub fn add(&mut self, from: u32, to: u32) {
        let (last_from, last_to) = std::mem::replace(&mut self.last, (from, to));
        self.put(from - last_from);
        let ahead = to.wrapping_sub(last_to) as i32;
        self.put((ahead << 1 ^ ahead >> 31) as u32);
    }

    /// Octets that it takes.
    pub fn octets(&self) -> usize {
        self.octets.capacity()
    }

    /// The states of one way round, in order, the one found first in front; none if every run ends.
    ///
    /// What nothing leads to is no part of a cycle, and neither is what nothing leads to once that is taken away. A pass in
    /// the order of the states takes most away; steps to states of lower number leave some to the next.
    pub fn cycle(&self, visited: &Visited) -> Option<Vec<u32>> {
        let mut graph = Graph { leading: vec![0; visited.len() as usize], visited, returns: self };
        graph.pass(|leading, _, targets| targets.iter().for_each(|to| add(leading, *to, 1)));
        let mut left = visited.len();
        loop {
            let before = left;
            graph.pass(|leading, from, targets| {
                if leading.get(from as usize) == Some(&0) {
                    add(leading, from, GONE);
                    targets.iter().for_each(|to| add(leading, *to, -1));
                    left -= 1;
                }
            });
            match left {
                0 => return None,
                left if left == before => return Some(graph.round()),
                _ => {}
            }
        }
    }

    fn put(&mut self, mut number: u32) {
        if self.octets.len() == self.octets.capacity() {
            self.octets.reserve_exact(self.octets.len() / 8 + 64);
        }
        while number >= 128 {
            self.octets.push(number as u8 | 128);
            number >>= 7;
        }
        self.octets.push(number as u8);
    }

    fn iter(&self) -> impl Iterator<Item = (u32, u32)> {
        let mut octets = self.octets.iter();
        let mut number = move || {
            let (mut number, mut shift) = (0, 0);
            for &octet in octets.by_ref() {
                number |= u32::from(octet & 127) << shift;
                shift += 7;
                if octet < 128 {
                    return Some(number);
                }
            }
            None
        };
        let (mut from, mut to) = (0_u32, 0_u32);
        std::iter::from_fn(move || {
            from += number()?;
            let ahead = number()?;
            to = to.wrapping_add(ahead >> 1 ^ (ahead & 1).wrapping_neg());
            Some((from, to))
        })
    }
}

/// All steps, and of each state how many lead to it from states that are left.
struct Graph<'a> {
    /// [`GONE`] where the state was taken away.
    leading: Vec<i32>,
    visited: &'a Visited,
    returns: &'a Returns,
}

const GONE: i32 = i32::MIN;

impl Graph<'_> {
    /// Every state in order, and where its steps lead to.
    fn pass(&mut self, mut visit: impl FnMut(&mut [i32], u32, &[u32])) {
        let mut returns = self.returns.iter().peekable();
        let (mut child, mut targets) = (1, Vec::new());
        for from in 0..self.visited.len() {
            targets.clear();
            while self.visited.parent(child) == Some(from) {
                targets.push(child);
                child += 1;
            }
            while let Some((_, to)) = returns.next_if(|(its, _)| *its == from) {
                targets.push(to);
            }
            visit(&mut self.leading, from, &targets);
        }
    }

    /// One way round among what is left: to each of it something leads that is left too.
    fn round(&mut self) -> Vec<u32> {
        let mut leads_to = BTreeMap::new();
        let is_left = |leading: &[i32], state: u32| leading.get(state as usize).is_some_and(|its| *its >= 0);
        self.pass(|leading, from, targets| {
            if is_left(leading, from) {
                leads_to.extend(targets.iter().filter(|to| is_left(leading, **to)).map(|to| (*to, from)));
            }
        });
        let mut way: Vec<u32> = leads_to.keys().take(1).copied().collect();
        while let Some(before) = way.last().and_then(|last| leads_to.get(last)) {
            if let Some(at) = way.iter().position(|its| its == before) {
                way.drain(..at);
                break;
            }
            way.push(*before);
        }
        way.reverse();
        let first = way.iter().enumerate().min_by_key(|(_, state)| **state).map_or(0, |(at, _)| at);
        way.rotate_left(first);
        way
    }
}

fn add(leading: &mut [i32], at: u32, by: i32) {
    if let Some(its) = leading.get_mut(at as usize) {
        *its = its.wrapping_add(by);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Action;

    /// States that each lead to the next, and these steps beside.
    fn cycle(states: u32, steps: &[(u32, u32)]) -> Option<Vec<u32>> {
        let mut visited = Visited::new(0);
        for n in 1..states {
            // A fingerprint is a hash: spread over all bits.
            let print = u128::from(n).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835);
            visited.insert(print, n - 1, Action::Wait);
        }
        let mut returns = Returns::default();
        steps.iter().for_each(|&(from, to)| returns.add(from, to));
        assert_eq!(returns.iter().collect::<Vec<_>>(), steps);
        returns.cycle(&visited)
    }

    #[test]
    fn steps_that_lead_on_make_no_cycle() {
        assert_eq!(cycle(6, &[]), None);
        assert_eq!(cycle(6, &[(0, 3), (1, 5), (2, 5)]), None);
        assert_eq!(cycle(100_000, &[(0, 99_999), (2, 300), (90_000, 90_128)]), None);
    }

    #[test]
    fn a_way_round_is_found_whatever_leads_to_it_and_away_from_it() {
        assert_eq!(cycle(6, &[(3, 3)]), Some(vec![3]));
        assert_eq!(cycle(6, &[(4, 2)]), Some(vec![2, 3, 4]));
        assert_eq!(cycle(6, &[(0, 4), (5, 0)]).map(|way| way[0]), Some(0));
        assert_eq!(cycle(100_000, &[(2, 300), (90_000, 89_998)]), Some(vec![89_998, 89_999, 90_000]));
    }
}
