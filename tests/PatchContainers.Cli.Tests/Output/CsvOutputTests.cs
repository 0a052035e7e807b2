using PatchContainers.Cli.Output;
using PatchContainers.Staleness;

namespace PatchContainers.Cli.Tests.Output;

public sealed class CsvOutputTests
{
    [Fact]
    public void Objects_are_flattened_lists_joined_and_what_needs_quotes_has_them()
    {
        using var writer = new StringWriter();
        var output = new CsvOutput(writer);
        output.Write(new StaleImage
        {
            Image = "a:1",
            Reasons = [StaleReason.BaseChanged, StaleReason.TooOld],
            Base = new BaseImageInfo { Name = "debian:12, debian:bookworm" },
            Detail = "say \"what\"\nand why",
        });
        output.Write(new StaleImage { Image = "b:1" });
        output.Complete();

        var lines = writer.ToString().Split("\r\n");
        Assert.StartsWith("Image,Digest,Platforms,Status,Reasons,Base.Name,Base.RecordedDigest,Base.CurrentDigest,Base.Method,", lines[0],
            StringComparison.Ordinal);
        Assert.StartsWith("a:1,,,Unknown,BaseChanged; TooOld,\"debian:12, debian:bookworm\",,,None,", lines[1], StringComparison.Ordinal);
        Assert.Contains("\"say \"\"what\"\"\nand why\"", lines[1], StringComparison.Ordinal);
        Assert.StartsWith("b:1,", lines[2], StringComparison.Ordinal);
        Assert.Equal(4, lines.Length);
    }
}
