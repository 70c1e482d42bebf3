// The player of portraits: a model on each side, at one instant.
if (data.player) {
	const play = data.player;
	for (const m of play.models) { // spans become [mark, from, to, text], trace lines [instant, who, what]
		for (const row of m.rows) {
			let end = 0;
			row.spans = row.spans.map(([mark, gap, length, text]) => [mark, end += gap, end += length, text]);
		}
		let last = 0;
		m.trace = m.trace.map(([gap, who, what]) => [last += gap, who, what]);
	}
	const models = new Map(play.models.map(m => [m.name, m]));
	const sides = play.sides.map((s, i) => ({ root: $(s), model: models.get(play.first[i]) }));
	const slow = matchMedia("(prefers-reduced-motion: reduce)");
	let now = 0, end = 1, steps = [], playing = 0; // instants are in microseconds
	let mine = null; // the player's part of the address; null: it has none, and the player shows its first models

	const ms = us => (us / 1000).toLocaleString("en", { minimumFractionDigits: 3, maximumFractionDigits: 3, useGrouping: false });
	const words = i => play.words[i];

	// The picture.
	const el = (parent, name, attributes, text) => {
		const e = document.createElementNS("http://www.w3.org/2000/svg", name);
		for (const key in attributes) e.setAttribute(key, attributes[key]);
		if (text !== undefined) e.textContent = text;
		parent.append(e);
		return e;
	};
	const ruler = document.createElement("canvas").getContext("2d");
	ruler.font = "12px system-ui, sans-serif";
	const wide = text => ruler.measureText(text).width;
	const fit = (text, room) => {
		if (wide(text) <= room) return text;
		const letters = [...text];
		while (letters.length && wide(letters.join("") + "…") > room) letters.pop();
		return letters.join("") + "…";
	};
	const at = row => row.spans.find(s => s[1] <= now && now < s[2]) || row.spans.find(s => s[2] === now);
	const does = row => { const s = at(row); return s ? words(s[3]) : ""; };

	// seen is the stretch of time that the lanes show.
	const seen = () => {
		const window = Number($("window").value) * 1000;
		if (!window || window >= end) return [0, end];
		const from = Math.min(Math.max(0, now - window / 2), end - window);
		return [from, from + window];
	};
	const draw = side => {
		const svg = side.root.querySelector(".lanes"), m = side.model, tall = 22;
		const width = svg.clientWidth || 320, rows = m.rows, more = width >= 600 ? Math.min(280, width * 0.3) : 0;
		const left = Math.min(width * 0.36, Math.max(...rows.map(r => wide(r.name))) + 10), right = width - more - 8;
		const servers = rows.findIndex(r => r.server), [from, to] = seen();
		const x = us => left + (us - from) / (to - from) * (right - left);
		const y = i => i * tall + (servers >= 0 && i >= servers ? tall : 0);
		const bottom = y(rows.length - 1) + tall + 2, height = bottom + 20;
		svg.setAttribute("height", height);
		svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
		svg.setAttribute("aria-label", `${m.name}, ${ms(now)} ms. ` + rows.map(r => `${r.name}: ${does(r) || "-"}`).join("; "));
		svg.replaceChildren();
		side.left = left; side.right = right;

		const rough = (to - from) / ((right - left) / 70), power = 10 ** Math.floor(Math.log10(rough));
		const step = [1, 2, 5, 10].map(n => n * power).find(n => n >= rough);
		for (let t = Math.ceil(from / step) * step; t <= to; t += step) {
			el(svg, "line", { class: "hair", x1: x(t), x2: x(t), y1: 0, y2: bottom });
			el(svg, "text", { class: "tick", x: x(t), y: bottom + 14, "text-anchor": t === from ? "start" : x(t) > right - 20 ? "end" : "middle" }, +(t / 1000).toFixed(3) + (step && t === Math.ceil(from / step) * step ? " ms" : ""));
		}
		if (servers >= 0) el(svg, "text", { class: "group", x: left, y: y(servers) - 7 }, play.server);
		rows.forEach((row, i) => {
			const top = y(i) + 3, middle = y(i) + tall / 2;
			el(svg, "text", { x: left - 6, y: middle + 4, "text-anchor": "end" }, fit(row.name, left - 8));
			if (more) el(svg, "text", { class: "doing", x: right + 10, y: middle + 4 }, fit(does(row), more - 6));
			for (const [mark, begins, ends, text] of row.spans.filter(s => s[2] >= from && s[1] <= to).sort((a, b) => a[0] - b[0])) {
				const a = Math.max(left, x(begins)), b = Math.min(right, x(ends)), name = play.marks[mark];
				const shape = name === "open" || name === "quiet"
					? el(svg, "line", { class: name, x1: a, x2: b, y1: middle, y2: middle })
					: el(svg, "rect", { class: name, x: a, y: top, width: Math.max(1.5, b - a), height: tall - 6 });
				el(shape, "title", {}, `${words(text)}, ${ms(begins)} to ${ms(ends)} ms`);
				if (row.server && name === "turn" && b - a > 12) el(svg, "text", { class: "number", x: (a + b) / 2, y: middle + 4, "text-anchor": "middle" }, /\d+/.exec(words(text)));
			}
		});
		side.cursor = el(svg, "line", { class: "cursor", x1: x(now), x2: x(now), y1: 0, y2: bottom });
	};

	// The trace lines of this instant, with a few before them.
	const trace = side => {
		const lines = side.model.trace;
		let last = lines.findLastIndex(l => l[0] <= now), first = last;
		while (first > 0 && lines[first - 1][0] === lines[last][0]) first--;
		const shown = lines.slice(Math.max(0, Math.min(first, last - 3) - 2), last + 1);
		side.now = last < 0 ? "" : lines.slice(first, last + 1).map(l => `${words(l[1])}: ${words(l[2])}`).join("; ");
		side.root.querySelector(".trace").replaceChildren(...shown.map(l => {
			const li = document.createElement("li"), who = document.createElement("span");
			who.className = "who";
			who.textContent = words(l[1]);
			li.append(`${ms(l[0])} `, who, ` ${words(l[2])}`);
			if (last >= 0 && l[0] === lines[last][0]) {
				li.className = "now";
				li.setAttribute("aria-current", "step");
			}
			return li;
		}), ...(lines.length ? [] : [Object.assign(document.createElement("li"), { textContent: play.noTrace })]));
	};
	const present = () => {
		$("slider").value = now;
		$("slider").setAttribute("aria-valuetext", ms(now) + " ms");
		$("time").textContent = ms(now) + " ms";
		sides.forEach(s => { draw(s); trace(s); });
		if (!playing) {
			$("live").textContent = `${ms(now)} ms. ` + sides.map(s => `${s.model.name}: ${s.now}`).join(". ");
			if (mine !== null) change({ play: mine = [...sides.map(s => encodeURIComponent(s.model.name)), +(now / 1000).toFixed(3) + "ms"].join(",") }, false);
		}
	};

	// Time.
	const go = to => { now = Math.round(Math.min(Math.max(0, to), end)); present(); };
	const next = () => steps.find(t => t > now) ?? end;
	const pause = () => {
		cancelAnimationFrame(playing);
		clearTimeout(playing);
		playing = 0;
		$("play").setAttribute("aria-pressed", "false");
		$("play").textContent = play.play;
	};
	const begin = () => {
		if (now >= end) now = 0;
		$("play").setAttribute("aria-pressed", "true");
		$("play").textContent = play.pause;
		let before = performance.now(), exact = now;
		const frame = () => {
			const time = performance.now(), [from, to] = seen();
			exact = slow.matches ? next() : exact + (time - before) / 15000 * (to - from); // what is seen passes in 15 s
			before = time;
			if (exact >= end) pause(); else again();
			go(exact);
		};
		const again = () => { playing = slow.matches ? setTimeout(frame, 500) : requestAnimationFrame(frame); };
		again();
	};
	const acts = {
		back: () => { pause(); go(steps.findLast(t => t < now) ?? 0); },
		forward: () => { pause(); go(next()); },
		play: () => { if (playing) { pause(); present(); } else begin(); },
		home: () => { pause(); go(0); },
		end: () => { pause(); go(end); },
	};

	// What is chosen.
	const choose = (names, to) => {
		sides.forEach((s, i) => {
			s.model = models.get(names[i]) || s.model;
			const select = $(s.root.id + "-model");
			select.value = s.model.name;
			s.root.querySelector(".lesson").textContent = s.model.outcome;
		});
		end = Math.max(...sides.map(s => s.model.length), 1);
		$("slider").max = end;
		steps = [...new Set([0, end, ...sides.flatMap(s => s.model.trace.length ? s.model.trace.map(l => l[0]) : s.model.rows.flatMap(r => r.spans.map(p => p[1])))])].sort((a, b) => a - b);
		go(to);
	};
	const follow = address => { // a model for each side, and an instant
		const parts = address.split(","), time = parseFloat(parts[sides.length]);
		const name = s => { try { return decodeURIComponent(s ?? ""); } catch { return ""; } };
		choose(sides.map((_, i) => name(parts[i])), Number.isFinite(time) ? time * 1000 : now);
	};
	views.push(() => {
		const address = state.play || "";
		if (mine !== null && address === mine) return sides.forEach(draw);
		pause();
		mine = null;
		if (!address) return choose(play.first, 0);
		const opened = location.hash === "#" + address;
		mine = address;
		follow(address);
		if (opened) { $("player").focus({ preventScroll: true }); $("player").scrollIntoView(); }
	});
	const touch = () => { mine ??= ""; }; // from now on the address follows the player
	for (const event of ["pointerdown", "input", "change", "keydown", "click"]) $("player").addEventListener(event, touch, true);
	for (const id of ["back", "play", "forward"]) $(id).addEventListener("click", acts[id]);
	for (const s of sides) {
		$(s.root.id + "-model").addEventListener("change", e => { pause(); choose(sides.map(o => o === s ? e.target.value : o.model.name), now); });
		const svg = s.root.querySelector(".lanes");
		const point = e => {
			if (!e.buttons) return;
			pause();
			const [from, to] = s.held ?? seen(), at = e.clientX - svg.getBoundingClientRect().left;
			go(from + (at - s.left) / (s.right - s.left) * (to - from));
		};
		svg.addEventListener("pointerdown", e => { s.held = seen(); point(e); s.held = null; });
		svg.addEventListener("pointermove", e => { if ($("window").value === "0") point(e); });
	}
	$("slider").addEventListener("input", e => { pause(); go(Number(e.target.value)); });
	$("window").addEventListener("change", present);
	$("controls").addEventListener("submit", e => e.preventDefault());
	$("player").addEventListener("keydown", e => {
		if (e.altKey || e.ctrlKey || e.metaKey || e.target.tagName === "SELECT") return;
		const act = { ArrowLeft: "back", ArrowRight: "forward", Home: "home", End: "end", " ": "play" }[e.key];
		if (!act || e.key === " " && e.target.tagName === "BUTTON") return; // a button is pressed by the space bar
		e.preventDefault();
		acts[act]();
	});
	new ResizeObserver(() => sides.forEach(draw)).observe($("sides"));
}
