using FsCheck;
using FsCheck.Fluent;
using PatchContainers.Images;
using PatchContainers.Stores;
using Xunit;

namespace PatchContainers.Core.Tests.Stores;

public sealed class VerifyingStreamTests
{
    private enum Change
    {
        None,
        Bit,
        Shorter,
        Longer,
    }

    [Fact]
    public void Right_bytes_pass_whole_and_any_change_is_found_however_they_are_read()
    {
        var cases = Gen.Choose(0, 3000)
            .SelectMany(length => Gen.Choose(1, 500)
            .SelectMany(step => Gen.Elements(Enum.GetValues<Change>()).Select(change => (length, step, change))));
        Check.One(FsCheck.Config.QuickThrowOnFailure.WithMaxTest(500), Prop.ForAll(cases.ToArbitrary(), c =>
        {
            var content = new byte[c.length];
            new Random(c.length).NextBytes(content);
            var descriptor = new Descriptor(MediaTypes.OciLayer, Digest.OfBytes(content), content.Length);
            var bytes = c.change switch
            {
                Change.Bit when c.length > 0 => Flip(content, c.step % c.length),
                Change.Shorter when c.length > 0 => content[..^1],
                Change.Longer => [.. content, 0],
                _ => content,
            };
            using var stream = new VerifyingStream(new MemoryStream(bytes), descriptor, "test");
            using var copy = new MemoryStream();
            var read = () => stream.CopyTo(copy, c.step);
            if (ReferenceEquals(bytes, content))
            {
                read();
                Assert.Equal(content, copy.ToArray());
                return;
            }

            Assert.Equal(PatchErrorCode.DigestMismatch, Assert.Throws<PatchException>(read).Code);
            Assert.True(c.change == Change.Longer
                || copy.Length < content.Length, "the last bytes were handed out before they were found wrong");
            Assert.Throws<PatchException>(() => stream.ReadByte());
        }));
    }

    private static byte[] Flip(byte[] content, int at)
    {
        var copy = content.ToArray();
        copy[at] ^= 1;
        return copy;
    }
}
