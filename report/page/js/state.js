// What the page shows is kept in the fragment of its address, so that a link shows the same. A fragment without names is the player's:
// #epoll,thread,30ms.
const data = JSON.parse(document.getElementById("data").textContent);
const $ = id => document.getElementById(id);
const make = (parent, name, attributes, text) => {
	const e = document.createElement(name);
	for (const key in attributes) e.setAttribute(key, attributes[key]);
	if (text !== undefined) e.textContent = text;
	parent.append(e);
	return e;
};

const views = []; // functions that show the state
let state = {};

const read = () => {
	const fragment = location.hash.slice(1), read = {};
	if (!fragment.includes("=")) return fragment.includes(",") ? { play: fragment } : {};
	for (const part of fragment.split("&")) {
		const [name, value = ""] = part.split(/=(.*)/s);
		try { read[name] = decodeURIComponent(value); } catch { /* it is damaged: the page shows what it shows without it */ }
	}
	return read;
};
const written = () => {
	const names = Object.keys(state).filter(name => state[name]);
	if (names.join() === "play") return "#" + state.play;
	return "#" + names.sort().map(name => name + "=" + encodeURIComponent(state[name]).replaceAll("%2C", ",")).join("&");
};
const show = () => views.forEach(view => view());

// change sets parts of the state; "" is how the page shows them without a fragment. A step of the reader's is kept in the history.
const change = (parts, step = true) => {
	Object.assign(state, parts);
	const to = written();
	if (to !== (location.hash || "#")) history[step ? "pushState" : "replaceState"](null, "", to === "#" ? location.pathname + location.search : to);
	if (step) show();
};
