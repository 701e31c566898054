// Feeds the kit's uploader from two more places: the clipboard (Ctrl-V over it, or anywhere for the first), and a webcam.
export default {
  template: `<div class="g-source g-stack">
    <video v-show="on" ref="video" class="g-video" autoplay playsinline muted></video>
    <div class="g-row g-wrap">
      <q-btn v-if="!on" flat dense color="primary" icon="photo_camera" :label="texts.camera" @click="start" />
      <q-btn v-if="on" unelevated dense color="primary" icon="camera" :label="texts.take" @click="take" />
      <q-btn v-if="on" flat dense color="primary" icon="videocam_off" :label="texts.stop" @click="stop" />
      <slot />
      <span v-if="denied" class="g-no g-small" role="alert">{{ texts.denied }}</span>
    </div></div>`,
  props: { uploader: Number, texts: Object },
  data: () => ({ on: false, denied: false }),
  mounted() {
    this.paste = (event) => {
      const files = [...(event.clipboardData?.files || [])].filter((file) => file.type.startsWith("image/"));
      if (!files.length || !this.meant()) return;
      event.preventDefault();
      this.add(files);
    };
    document.addEventListener("paste", this.paste);
  },
  unmounted() {
    document.removeEventListener("paste", this.paste);
    this.stop();
  },
  methods: {
    meant() {
      const boxes = [...document.querySelectorAll(".g-source")].map((source) => source.parentElement);
      const near = boxes.find((box) => box.matches(":hover, :focus-within")) || boxes[0];
      return near === this.$el.parentElement;
    },
    add(files) {
      getElement(this.uploader).$refs.qRef.addFiles(files);
    },
    async start() {
      try {
        this.stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
        this.$refs.video.srcObject = this.stream;
        this.on = true;
        this.denied = false;
      } catch (_) {
        this.denied = true;
      }
    },
    stop() {
      for (const track of this.stream?.getTracks() || []) track.stop();
      this.stream = null;
      this.on = false;
    },
    take() {
      const video = this.$refs.video;
      const page = Object.assign(document.createElement("canvas"), { width: video.videoWidth, height: video.videoHeight });
      page.getContext("2d").drawImage(video, 0, 0);
      page.toBlob((blob) => this.add([new File([blob], "webcam.png", { type: "image/png" })]), "image/png");
    },
  },
};
