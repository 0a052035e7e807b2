using PatchContainers.TestKit;
using Xunit;

namespace PatchContainers.Core.Tests;

/// <summary>The conformance data, or a skip with the reason.</summary>
internal static class Conformance
{
    /// <summary>The path of a file or folder of the data; skips the test where there is none.</summary>
    public static string Path(params string[] parts)
    {
        var path = ConformanceData.Find(parts);
        Assert.SkipWhen(path is null, ConformanceData.SkipReason);
        return path!;
    }

    /// <summary>Opens a file of the data for reading, through gunzip where its name ends in <c>.gz</c>.</summary>
    public static Stream Open(params string[] parts)
    {
        var path = Path(parts);
        Stream stream = File.OpenRead(path);
        return path.EndsWith(".gz", StringComparison.Ordinal) ? new System.IO.Compression.GZipStream(stream, System.IO.Compression.CompressionMode.Decompress) : stream;
    }
}
