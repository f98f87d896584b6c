/** The policy under which the dashboard works: scripts, styles and connections of ours alone, nothing inline, no frame. */
export const pagePolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src 'self'",
  "manifest-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  // By which the page vouches for the one worker that it starts.
  'trusted-types signalbox',
].join('; ');
