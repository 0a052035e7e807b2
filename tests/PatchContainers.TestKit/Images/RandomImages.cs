using System.Globalization;

namespace PatchContainers.TestKit.Images;

/// <summary>Images of random content; the same seed gives the same image.</summary>
public static class RandomImages
{
    /// <summary>An image with so many layers of so many random bytes.</summary>
    public static TestImage Create(int seed, int layers = 3, int layerBytes = 1024, string platform = "linux/amd64")
    {
        var random = new Random(seed);
        var builder = new TestImageBuilder(platform);
        for (var i = 0; i < layers; i++)
        {
            var bytes = new byte[layerBytes];
            random.NextBytes(bytes);
            builder.Layer($"ADD {i} /", l => l.AddFile(string.Create(CultureInfo.InvariantCulture, $"data/{i}"), bytes));
        }

        return builder.Cmd("/data/0").Build();
    }

    /// <summary>An image for so many platforms, each with layers of its own.</summary>
    public static TestIndex CreateIndex(int seed, params string[] platforms) =>
        new([.. platforms.Select((p, i) => Create(unchecked((seed * 31) + i), platform: p))]);
}
