/**
 * What the page of the inspector does: loads Stately's inspector into a frame, waits until that says it is there, and only
 * then opens our socket and hands on what it tells, to that origin and no other. Served at `/inspector.js`.
 */
import { inspectorOrigin } from './page.ts';
import { inspectorProtocol } from './token.ts';

export const inspectorScript = `'use strict';
const outside = '${inspectorOrigin}';
const protocol = '${inspectorProtocol}';
const patienceMs = 15000;
const at = id => document.getElementById(id);
let frame;
let socket;
let waiting;

at('task').value = new URLSearchParams(location.search).get('task') || '';
at('connection').addEventListener('submit', event => {
  event.preventDefault();
  connect();
});
at('disconnect').addEventListener('click', () => {
  leave();
  say('Not connected.');
});

function say(text, kind) {
  at('state').textContent = text;
  at('state').className = kind || '';
}

/** Everything of before is gone: the page of Stately begins anew. */
function leave() {
  clearTimeout(waiting);
  hangUp();
  if (frame !== undefined) frame.remove();
  frame = undefined;
  at('notice').hidden = false;
  at('disconnect').disabled = true;
}

function hangUp() {
  const last = socket;
  socket = undefined;
  if (last !== undefined) last.close();
}

function connect() {
  leave();
  at('notice').hidden = true;
  at('disconnect').disabled = false;
  frame = document.createElement('iframe');
  frame.title = 'The inspector of Stately';
  frame.referrerPolicy = 'no-referrer';
  frame.src = outside + '/inspect';
  at('place').append(frame);
  say('The page of Stately is loaded …');
  waiting = setTimeout(() => {
    say('The page of Stately does not answer. It needs internet, and a browser that lets stately.ai into this page.', 'problem');
  }, patienceMs);
}

// Also when it was loaded again inside its frame: it knows nothing then, and is told everything anew.
addEventListener('message', ({ origin, source, data }) => {
  if (origin !== outside || frame === undefined || source !== frame.contentWindow) return;
  if (!data || data.type !== '@statelyai.connected') return;
  clearTimeout(waiting);
  dial();
});

function addressOf() {
  const address = new URL('/inspect', location.href);
  const task = at('task').value.trim();
  if (task !== '') address.searchParams.set('task', task);
  return address;
}

function dial() {
  hangUp();
  say('Connecting …');
  const address = addressOf();
  address.protocol = address.protocol === 'https:' ? 'wss:' : 'ws:';
  const token = at('token').value;
  const own = new WebSocket(address.href, token === '' ? [protocol] : [protocol, protocol + '.token.' + base64url(token)]);
  let wasOpen = false;
  socket = own;
  own.onopen = () => {
    if (own !== socket) return;
    wasOpen = true;
    at('sign-in').hidden = true;
    const task = at('task').value.trim();
    say(task === '' ? 'Connected: all tasks.' : 'Connected: ' + task + '.', 'connected');
  };
  own.onmessage = ({ data }) => {
    if (own === socket) frame.contentWindow.postMessage(JSON.parse(data), outside);
  };
  own.onclose = ({ code, reason }) => {
    if (own !== socket) return;
    socket = undefined;
    if (!wasOpen) explain();
    else if (code === 1006) say('The connection broke. Connect again.', 'problem');
    else say('Signalbox has ended the connection: ' + (reason || 'code ' + code) + '.', 'problem');
  };
}

/** A page is not told why a socket was refused: the same is asked in the ordinary way, only for what is said to it. */
async function explain() {
  const token = at('token').value;
  const headers = token === '' ? {} : { authorization: 'Bearer ' + token };
  const status = await fetch(addressOf().href, { headers, cache: 'no-store' }).then(answer => answer.status, () => 0);
  if (socket !== undefined || frame === undefined) return;
  if (status === 401) {
    at('sign-in').hidden = false;
    at('token').focus();
    say(token === '' ? 'Sign in: give a token and connect again.' : 'This token is not accepted.', 'problem');
  } else if (status === 403) say('You are signed in and may not inspect.', 'problem');
  else if (status === 0) say('Signalbox does not answer. Is it running?', 'problem');
  else say('Signalbox has refused the connection (' + status + ').', 'problem');
}

function base64url(text) {
  const bytes = Array.from(new TextEncoder().encode(text), byte => String.fromCharCode(byte)).join('');
  return btoa(bytes).replace(/[+]/g, '-').replace(/[/]/g, '_').replace(/=+$/, '');
}
`;
