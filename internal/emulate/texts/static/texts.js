// Shows new text messages as soon as they are there.
const pause = (ms) => new Promise((done) => setTimeout(done, ms));

async function news(last) {
  const answer = await fetch(`/texts?after=${last}&wait=25`);
  if (!answer.ok) throw new Error(answer.statusText);
  return (await answer.json()).texts;
}

async function follow() {
  for (;;) {
    const main = document.querySelector("main");
    try {
      if ((await news(main.dataset.last)).length === 0) continue;
      const page = new DOMParser().parseFromString(await (await fetch("/")).text(), "text/html");
      main.replaceWith(page.querySelector("main"));
      const first = document.querySelector(".texts .body");
      document.querySelector("#news").textContent = `${main.dataset.new}: ${first ? first.textContent : ""}`;
    } catch {
      await pause(2000); // the demo may be starting again
    }
  }
}

follow();
