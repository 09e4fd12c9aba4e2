"""How far a fit is, as plain text: one line that is written over on a terminal and in a notebook; else ten lines a phase."""
import sys


class Line:
    def __init__(self, stream=None):
        self.stream = stream if stream is not None else sys.stderr
        self.over = bool(getattr(self.stream, "isatty", lambda: False)()) or "ipykernel" in sys.modules
        self.width = 0

    def __call__(self, phase, epoch, epochs, loss, seconds):
        done = epoch + 1
        if not self.over and done < epochs and done * 10 // epochs == epoch * 10 // epochs:
            return
        text = "%s %d/%d  loss %.4g  %.2g s" % (phase, done, epochs, loss, seconds)
        if self.over:
            self.stream.write("\r" + text.ljust(self.width) + ("\n" if done == epochs else ""))
            self.width = 0 if done == epochs else len(text)
        else:
            self.stream.write(text + "\n")
        self.stream.flush()

    def note(self, text):
        if self.width:
            self.stream.write("\n")
            self.width = 0
        self.stream.write(text + "\n")
        self.stream.flush()
