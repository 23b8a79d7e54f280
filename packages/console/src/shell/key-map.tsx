// SPDX-License-Identifier: Apache-2.0
import { Dialog } from "../parts/dialog.tsx";
import { useKept } from "./kept.ts";
import { KEY_MAP } from "./keys.ts";

export function KeyMap({ onClose }: { readonly onClose: () => void }) {
  const [off, keep] = useKept("single-keys");
  return (
    <Dialog title="Keys" onClose={onClose}>
      <table className="key-map">
        <tbody>
          {KEY_MAP.map(({ keys, does, single }) => (
            <tr key={does} data-off={single && off === "off"}>
              <th scope="row">
                {keys.map((key) => (
                  <kbd key={key}>{key}</kbd>
                ))}
              </th>
              <td>{does}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <label className="check">
        <input
          type="checkbox"
          checked={off !== "off"}
          onChange={(event) => keep(event.target.checked ? null : "off")}
        />
        single keys work in this browser
      </label>
      <div className="acts">
        <button type="button" onClick={onClose}>
          Close
        </button>
      </div>
    </Dialog>
  );
}
