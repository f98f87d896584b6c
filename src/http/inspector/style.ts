/** How the page of the inspector looks. Served at `/inspector.css`. */
export const inspectorStyle = `:root { color-scheme: light dark; font: 15px/1.5 system-ui, sans-serif; }
* { box-sizing: border-box; }
html, body { height: 100%; margin: 0; }
body { display: flex; flex-direction: column; }
header { display: flex; flex-wrap: wrap; gap: 0.5rem 1.5rem; align-items: center; padding: 0.5rem 1rem; border-bottom: 1px solid #8886; }
h1 { font-size: 1.1rem; margin: 0; }
form { display: flex; flex-wrap: wrap; gap: 0.75rem; align-items: center; }
input, button { font: inherit; padding: 0.2rem 0.6rem; }
[hidden] { display: none; }
#state { margin: 0; }
#state.connected { color: #18794e; }
#state.problem { color: #ce2c31; }
main { flex: 1; min-height: 0; overflow: auto; }
section { max-width: 42rem; margin: 2rem auto; padding: 0 1rem; }
h2 { font-size: 1rem; }
iframe { display: block; width: 100%; height: 100%; border: 0; }
@media (prefers-color-scheme: dark) {
  #state.connected { color: #3dd68c; }
  #state.problem { color: #ff9592; }
}
`;
