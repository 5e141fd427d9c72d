import time
from tests.local.whole_run import loaded
from adapters.testing import make_request
def test_c(tmp_path):
    a = loaded("kandinsky5", tmp_path)
    clip=a.generate(make_request(tmp_path, a.needs, seconds=5.0))
    b = loaded("kandinsky5", tmp_path)
    b._pipe.transformer.compile_repeated_blocks(fullgraph=True, backend="eager")
    t=time.time(); two=b.generate(make_request(tmp_path, a.needs, seconds=5.0)); print("EAGER", time.time()-t, abs(clip.frames.astype(int)-two.frames.astype(int)).max())
