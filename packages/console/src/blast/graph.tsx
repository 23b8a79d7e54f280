// SPDX-License-Identifier: Apache-2.0
import { type KeyboardEvent, useMemo, useRef } from "react";
import { counted } from "../change/shown.ts";
import {
  graphOf,
  isArrow,
  type Link,
  nameOf,
  nextBy,
  type Placed,
  type Reached,
} from "./radius.ts";

/** Pixels; as in `styles/blast.css`. */
const NODE = { width: 168, height: 28 } as const;
const STEP = { x: 232, y: 38 } as const;
const EDGE = 4;

type Given = {
  readonly reached: readonly Reached[];
  readonly selected: string | null;
  readonly onSelect: (system: string) => void;
};

/**
 * A column a step away from the change. Nodes are buttons; `Tab` reaches one of them, arrow keys follow
 * the lines, and the table beside it has the same systems and the same selection.
 */
export function BlastGraph({ reached, selected, onSelect }: Given) {
  const graph = useMemo(() => graphOf(reached), [reached]);
  const place = useRef<HTMLDivElement>(null);
  const first = graph.nodes.find(({ system }) => system === selected) ?? graph.nodes[0];
  const follow = (event: KeyboardEvent, at: Placed) => {
    if (!isArrow(event.key)) return;
    event.preventDefault();
    const next = nextBy(event.key, graph, at);
    if (next === null) return;
    onSelect(next.system);
    const index = graph.nodes.indexOf(next);
    place.current?.querySelectorAll("button").item(index).focus();
  };
  const size = {
    width: (graph.columns - 1) * STEP.x + NODE.width + 2 * EDGE,
    height: (graph.rows - 1) * STEP.y + NODE.height + 2 * EDGE,
  };
  return (
    <figure className="blast-graph">
      <figcaption className="muted small">
        A column a step away from what the change touches; arrow keys follow the lines. A full line
        is a hard dependency, a dashed one a soft one.
      </figcaption>
      <div className="blast-frame">
        <div className="blast-canvas" ref={place} style={size}>
          <svg {...size} aria-hidden="true">
            {graph.links.map((link) => (
              <path
                key={`${link.from.system} ${link.to.system}`}
                d={pathOf(link)}
                data-certainty={link.to.certainty}
              />
            ))}
          </svg>
          {graph.nodes.map((node) => (
            <button
              key={node.system}
              type="button"
              className="blast-node"
              style={{ left: left(node), top: top(node) }}
              aria-label={nameOf(node)}
              aria-pressed={node.system === selected}
              tabIndex={node === first ? 0 : -1}
              data-tier={node.tier}
              data-certainty={node.certainty}
              onClick={() => onSelect(node.system)}
              onKeyDown={(event) => follow(event, node)}
            >
              <span className="blast-tier">T{node.tier}</span>{" "}
              <span className="blast-name">{node.system}</span>
            </button>
          ))}
        </div>
      </div>
      {graph.left.all > 0 && (
        <p className="muted">
          and {counted(graph.left.all, "more system")},{" "}
          {graph.left.tier1 === 0 ? "none of Tier 1" : `${graph.left.tier1} of Tier 1`}: all of them
          are in the table
        </p>
      )}
    </figure>
  );
}

const left = ({ column }: Placed): number => EDGE + column * STEP.x;
const top = ({ row }: Placed): number => EDGE + row * STEP.y;

function pathOf({ from, to }: Link): string {
  const [x, y] = [left(from) + NODE.width, top(from) + NODE.height / 2];
  const [a, b] = [left(to), top(to) + NODE.height / 2];
  const middle = (x + a) / 2;
  return `M${x} ${y}C${middle} ${y} ${middle} ${b} ${a} ${b}`;
}
