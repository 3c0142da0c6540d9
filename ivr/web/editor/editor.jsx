// The menus' editor.
import "./editor.css";
import { createRoot } from "react-dom/client";

createRoot(document.getElementById("editor")).render(<p>{document.documentElement.lang}</p>);
