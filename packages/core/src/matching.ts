// SPDX-License-Identifier: Apache-2.0
/**
 * Whether `count` persons can be given one team each so that all teams differ: a bipartite matching
 * by augmenting paths (Kuhn, 1955). Persons and teams are few, so the cubic bound does not matter.
 */
export function canAssignDistinct(teamsOf: readonly (readonly string[])[], count: number): boolean {
  const holder = new Map<string, number>();
  const assign = (person: number, seen: Set<string>): boolean => {
    for (const team of teamsOf[person] ?? []) {
      if (seen.has(team)) continue;
      seen.add(team);
      const other = holder.get(team);
      if (other === undefined || assign(other, seen)) {
        holder.set(team, person);
        return true;
      }
    }
    return false;
  };
  let assigned = 0;
  for (let person = 0; person < teamsOf.length && assigned < count; person++)
    if (assign(person, new Set())) assigned++;
  return assigned >= count;
}
