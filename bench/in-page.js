/** What is watched inside the page; evaluated there, because the page's own policy lets no script in. */
globalThis.bench = {
  seen: [],
  frames: [],
  cards: () => [...document.querySelectorAll('[data-task]')].map(({ dataset }) => dataset.task),
  /** Which version of which card is on the screen since when: when it is drawn, and not when it is written. */
  watchCards() {
    const look = card => this.seen.push([card.dataset.task, Number(card.dataset.version), Date.now()]);
    const cardsIn = node => (node instanceof Element ? [node, ...node.querySelectorAll('[data-task]')] : []);
    new MutationObserver(records => {
      const changed = records.flatMap(({ target, addedNodes }) => [target, ...[...addedNodes].flatMap(cardsIn)]);
      const cards = new Set(changed.filter(node => node instanceof Element && node.matches('[data-task]')));
      requestAnimationFrame(() => cards.forEach(look));
    }).observe(document.body, {
      ...{ subtree: true, childList: true, attributes: true },
      attributeFilter: ['data-version'],
    });
  },
  /** How long each frame takes from now on, in milliseconds. */
  watchFrames() {
    let last = performance.now();
    const next = now => {
      this.frames.push(now - last);
      last = now;
      requestAnimationFrame(next);
    };
    requestAnimationFrame(next);
  },
  /** Scrolls the first column to its end; answers how many cards were in the document at the most. */
  async scroll() {
    const place = document.querySelector('.column .cards');
    const steps = 200;
    let most = 0;
    for (let step = 0; step <= steps; step += 1) {
      place.scrollTop = (place.scrollHeight * step) / steps;
      await new Promise(requestAnimationFrame);
      most = Math.max(most, document.querySelectorAll('.card').length);
    }
    return most;
  },
  /** From a press on a card to its chart, in milliseconds. */
  openTask(id) {
    return new Promise(resolve => {
      const began = performance.now();
      new MutationObserver((_, observer) => {
        if (document.querySelector('.chart .state') === null) return;
        observer.disconnect();
        requestAnimationFrame(() => resolve(performance.now() - began));
      }).observe(document.body, { subtree: true, childList: true });
      document.querySelector(`[data-task="${id}"] a`).click();
    });
  },
  heap: () => performance.memory.usedJSHeapSize,
};
