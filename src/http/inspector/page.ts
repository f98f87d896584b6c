/**
 * The page of the inspector. It hosts the inspector of Stately, which is a page of somebody else's, and hands it what our
 * socket tells. Nothing is loaded from there and nothing is sent there before a person has asked for it.
 */

/** Where Stately's inspector lives. */
export const inspectorOrigin = 'https://stately.ai';

/** The policy under which the page works: scripts, styles and sockets of ours alone, and one foreign frame. */
export const inspectorPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  `frame-src ${inspectorOrigin}`,
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** Served at `/inspector`, with its script and style beside it. */
export const inspectorPage = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>Signalbox: inspector</title>
<link rel="stylesheet" href="/inspector.css">
<script src="/inspector.js" defer></script>
</head>
<body>
<header>
<h1>Inspector</h1>
<form id="connection">
<label>Task <input id="task" name="task" maxlength="200" placeholder="all" autocomplete="off" spellcheck="false"></label>
<label id="sign-in" hidden>Token <input id="token" type="password" maxlength="4000" autocomplete="off"></label>
<button id="connect">Connect</button>
<button id="disconnect" type="button" disabled>Disconnect</button>
</form>
<p id="state" role="status">Not connected.</p>
</header>
<main id="place">
<section id="notice">
<h2>What happens when you connect</h2>
<p>The drawing is made by the inspector of Stately, a page at <b>stately.ai</b> that is loaded into this one. Your browser
needs internet for it; Signalbox itself does not.</p>
<p>What is inspected is handed to that page, in your browser: the names of tasks, runs, states and events, and small facts
such as counts, stages and hashes. Texts stay here: no title, prompt, answer, command, variable or token is handed over.</p>
<p>Nothing is loaded and nothing is handed over before you press Connect. To see one task and its runs alone, name it.</p>
</section>
</main>
<noscript><p>The inspector needs JavaScript.</p></noscript>
</body>
</html>
`;
