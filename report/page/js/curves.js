// Figures against connections, a curve for each model. Curves are shifted sideways a little, so that their whiskers do not overlap.
if (data.charts && data.charts.curves.length) {
	const { levels, curves } = data.charts;
	chart("curves", wide => {
		const all = curves.filter(c => shown(c.model)), points = all.flatMap(c => c.points), log = state.log === "1";
		const [low, high] = range(Math.min(...points.map(p => p.low)), Math.max(...points.map(p => p.high)), log);
		const aside = i => Math.min(4, wide / levels.length / 4 / all.length) * (i - (all.length - 1) / 2);
		const step = all.length ? all.map((_, i) => aside(i)) : [];
		return {
			height: Math.max(320, Math.min(520, wide * 0.6)), reach: 28,
			scales: { x: { time: false, distr: 3, log: 2, range: [levels[0] / 1.45, levels.at(-1) * 1.45] }, y: { distr: log ? 3 : 1, range: [low, high] } },
			axes: [
				{ splits: levels, values: levels.map(plain), label: data.charts.x, size: 32 },
				{ splits: ticks(low, high, log, 8), values: (u, all) => all.map(v => v.toLocaleString("en")), size: 70 },
			],
			data: [levels, ...all.map(c => levels.map(x => c.points.find(p => p.x === x)?.value ?? null)), ...(all.length ? [] : [levels.map(() => null)])],
			marks: all.flatMap((c, i) => c.points.map(p => ({
				label: `${models[c.model].name}: ${p.label}, ${p.x.toLocaleString("en")} ${p.x === 1 ? data.words.connection : data.words.connections}`,
				place: u => [u.valToPos(p.x, "x") + step[i], u.valToPos(p.value, "y")],
			}))),
			draw: u => all.forEach((c, i) => {
				const x = v => u.valToPos(v, "x", true) + step[i] * devicePixelRatio, y = v => u.valToPos(v, "y", true), end = 2.5 * devicePixelRatio;
				stroke(u.ctx, c.model, 1.8, models[c.model].dash, c.points.map(p => [x(p.x), y(p.value)]));
				for (const p of c.points) {
					stroke(u.ctx, c.model, 1, [], [[x(p.x), y(p.low)], [x(p.x), y(p.high)]]);
					for (const v of [p.low, p.high]) stroke(u.ctx, c.model, 1, [], [[x(p.x) - end, y(v)], [x(p.x) + end, y(v)]]);
				}
				for (const p of c.points) marker(u.ctx, c.model, x(p.x), y(p.value), 4.5);
			}),
		};
	});
}
