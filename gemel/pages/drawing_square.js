// A square that takes ink from the first stroke: pen, finger, mouse or keyboard. It tells its strokes, never pixels:
// [[[x, y], ...], ...], x and y from 0 to 1. `ink` comes while a stroke grows (at most five a second) and at its end.
const PEN = 0.032; // of the side, as the server draws it

export default {
  template: `<canvas class="g-square" tabindex="0" role="img" :aria-label="label"
    @pointerdown="begin" @pointermove="go" @pointerup="end" @pointercancel="end" @keydown="key" @blur="penUp"></canvas>`,
  props: { label: String },
  mounted() {
    this.strokes = [];
    this.current = null; // the stroke that grows
    this.cursor = null; // where the keyboard's pen is
    this.told = 0;
    this.watcher = new ResizeObserver(() => this.fit());
    this.watcher.observe(this.$el);
  },
  unmounted() {
    this.watcher.disconnect();
  },
  methods: {
    fit() {
      this.$el.width = this.$el.height = Math.round(this.$el.clientWidth * (window.devicePixelRatio || 1));
      this.paint();
    },
    paint() {
      const pen = this.$el.getContext("2d");
      const side = this.$el.width;
      pen.clearRect(0, 0, side, side);
      pen.lineWidth = PEN * side;
      pen.lineCap = pen.lineJoin = "round";
      pen.strokeStyle = "#1f2933";
      for (const stroke of this.strokes) {
        pen.beginPath();
        stroke.forEach(([x, y], i) => (i ? pen.lineTo(x * side, y * side) : pen.moveTo(x * side, y * side)));
        if (stroke.length === 1) pen.lineTo(stroke[0][0] * side, stroke[0][1] * side);
        pen.stroke();
      }
      if (this.cursor) {
        pen.beginPath();
        pen.lineWidth = 2;
        pen.strokeStyle = this.current ? "#b84a00" : "#0067a0";
        pen.arc(this.cursor[0] * side, this.cursor[1] * side, 0.03 * side, 0, 7);
        pen.stroke();
      }
    },
    at(event) {
      const box = this.$el.getBoundingClientRect();
      const clip = (v) => Math.round(Math.min(1, Math.max(0, v)) * 1000) / 1000;
      return [clip((event.clientX - box.left) / box.width), clip((event.clientY - box.top) / box.height)];
    },
    begin(event) {
      if (event.button) return;
      this.penUp();
      this.cursor = null;
      try { this.$el.setPointerCapture(event.pointerId); } catch (_) { /* a synthetic pointer */ }
      this.start(this.at(event));
    },
    start(point) {
      this.current = [point];
      this.strokes.push(this.current);
      this.paint();
    },
    go(event) {
      if (!this.current || this.cursor) return;
      const events = event.getCoalescedEvents ? event.getCoalescedEvents() : [];
      for (const each of events.length ? events : [event]) this.current.push(this.at(each));
      this.paint();
      this.tell(false);
    },
    end() {
      if (!this.current || this.cursor) return;
      this.current = null;
      this.tell(true);
    },
    penUp() {
      if (!this.current) return;
      this.current = null;
      this.tell(true);
    },
    tell(whole) {
      if (!whole && Date.now() - this.told < 200) return;
      this.told = Date.now();
      this.$emit("ink", { strokes: this.strokes });
    },
    key(event) {
      const ways = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
      if (event.key === "Escape" || event.key === "Delete") this.clear();
      else if (event.key === "Backspace" || (event.key === "z" && (event.ctrlKey || event.metaKey))) this.undo();
      else if (event.key === " ") this.pen();
      else if (ways[event.key]) this.move(ways[event.key], event.shiftKey ? 0.01 : 0.03);
      else return;
      event.preventDefault();
    },
    pen() {
      if (this.current) this.penUp();
      else this.start((this.cursor = this.cursor || [0.5, 0.5]));
      this.paint();
    },
    move(way, step) {
      const from = this.cursor || [0.5, 0.5];
      this.cursor = from.map((v, i) => Math.round(Math.min(1, Math.max(0, v + way[i] * step)) * 1000) / 1000);
      if (this.current) this.current.push(this.cursor);
      this.paint();
      if (this.current) this.tell(false);
    },
    clear() {
      this.strokes = [];
      this.current = null;
      this.paint();
      this.tell(true);
    },
    undo() {
      this.strokes.pop();
      this.current = null;
      this.paint();
      this.tell(true);
    },
  },
};
