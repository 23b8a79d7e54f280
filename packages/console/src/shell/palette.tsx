// SPDX-License-Identifier: Apache-2.0
import { type KeyboardEvent, useId, useState } from "react";
import { Dialog } from "../parts/dialog.tsx";
import { type Command, found, useOffered } from "./commands.ts";

/** Pages and acts by their names: a layer over the page, which `Esc` leaves. */
export function Palette({ onClose }: { readonly onClose: () => void }) {
  const [text, setText] = useState("");
  const [at, setAt] = useState(0);
  const list = useId();
  const commands = found(useOffered(), text);
  const chosen = Math.min(at, commands.length - 1);
  const run = (command: Command | undefined) => {
    if (command === undefined) return;
    onClose();
    command.run();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "ArrowDown") setAt((chosen + 1) % Math.max(commands.length, 1));
    else if (event.key === "ArrowUp")
      setAt((chosen + commands.length - 1) % Math.max(commands.length, 1));
    else if (event.key === "Enter") run(commands[chosen]);
    else return;
    event.preventDefault();
  };
  return (
    <Dialog title="Find a page or an act" titleHidden onClose={onClose}>
      <input
        className="palette-input"
        type="text"
        role="combobox"
        aria-label="page or act"
        aria-expanded="true"
        aria-controls={list}
        aria-activedescendant={commands.length === 0 ? undefined : `${list}-${chosen}`}
        placeholder="Where to, or what to do?"
        autoComplete="off"
        spellCheck={false}
        value={text}
        onChange={(event) => {
          setText(event.target.value);
          setAt(0);
        }}
        onKeyDown={onKeyDown}
      />
      <div className="palette-list" id={list} role="listbox" aria-label="pages and acts">
        {commands.map((command, index) => (
          // biome-ignore lint/a11y/useKeyWithClickEvents: the keys are those of the input, which keeps the focus
          <div
            key={command.name}
            id={`${list}-${index}`}
            role="option"
            tabIndex={-1}
            aria-selected={index === chosen}
            className="palette-option"
            onClick={() => run(command)}
            onMouseMove={() => setAt(index)}
          >
            <span>{command.name}</span>
            <span className="muted">{command.says}</span>
            {command.keys !== undefined && <kbd>{command.keys}</kbd>}
          </div>
        ))}
      </div>
      {commands.length === 0 && (
        <p className="palette-none" role="status">
          nothing here is called that
        </p>
      )}
    </Dialog>
  );
}
