// Reads a QR code with the browser's own detector, or with jsQR where there is none.
let fallback;

function loadFallback() {
  fallback ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = "/jsQR.js";
    script.onload = () => resolve(globalThis.jsQR);
    script.onerror = reject;
    document.head.append(script);
  });
  return fallback;
}

async function detector() {
  if ("BarcodeDetector" in globalThis) {
    try {
      if ((await BarcodeDetector.getSupportedFormats()).includes("qr_code")) {
        const native = new BarcodeDetector({ formats: ["qr_code"] });
        return async (source) => (await native.detect(source))[0]?.rawValue;
      }
    } catch { /* it is there and does not work */ }
  }
  const jsQR = await loadFallback();
  return (source, width, height) => {
    const canvas = document.createElement("canvas");
    const scale = Math.min(1, 1000 / Math.max(width, height));
    canvas.width = width * scale;
    canvas.height = height * scale;
    const context = canvas.getContext("2d", { willReadFrequently: true });
    context.fillStyle = "#fff"; // a picture without a ground of its own is black on nothing
    context.fillRect(0, 0, canvas.width, canvas.height);
    context.drawImage(source, 0, 0, canvas.width, canvas.height);
    const picture = context.getImageData(0, 0, canvas.width, canvas.height);
    return jsQR(picture.data, picture.width, picture.height)?.data;
  };
}

export async function fromPicture(file) {
  const image = new Image();
  image.src = URL.createObjectURL(file);
  try {
    await image.decode();
    return await (await detector())(image, image.naturalWidth || 600, image.naturalHeight || 600);
  } finally {
    URL.revokeObjectURL(image.src);
  }
}

// fromCamera shows the camera in the video element until found, or until the signal says stop.
export async function fromCamera(video, signal) {
  const stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
  const stop = () => stream.getTracks().forEach((track) => track.stop());
  signal.addEventListener("abort", stop);
  try {
    video.srcObject = stream;
    await video.play();
    const detect = await detector();
    while (!signal.aborted) {
      const found = await detect(video, video.videoWidth, video.videoHeight);
      if (found) return found;
      await new Promise((resolve) => setTimeout(resolve, 150));
    }
  } finally {
    stop();
  }
  return undefined;
}
