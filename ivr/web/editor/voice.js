// The browser's voice reads what a caller would hear.

export const speak = (lines) => {
  window.speechSynthesis?.cancel();
  for (const { words, language } of lines) {
    const spoken = new SpeechSynthesisUtterance(words);
    spoken.lang = language ?? document.documentElement.lang;
    window.speechSynthesis?.speak(spoken);
  }
};

export const hush = () => window.speechSynthesis?.cancel();
