using System.Diagnostics;
using PatchContainers.Platforms.Docker.Client;
using Xunit;

namespace PatchContainers.Platforms.Tests.Docker.Swarm;

/// <summary>
/// Small images in the test's registry, made once by the engine: <c>1.0</c> to <c>1.3</c> run, <c>crash</c> ends again and
/// again, <c>unhealthy</c> fails its health check from the start, <c>late</c> after some seconds and ends without an error,
/// <c>noexec</c> has no program.
/// </summary>
internal sealed class SwarmImages
{
    private const string Runs = "STOPSIGNAL SIGKILL\nCMD [\"sleep\", \"infinity\"]";

    private static readonly Dictionary<string, string> s_files = new(StringComparer.Ordinal)
    {
        ["1.0"] = $"LABEL version=1.0\n{Runs}",
        ["1.1"] = $"LABEL version=1.1\n{Runs}",
        ["1.2"] = $"LABEL version=1.2\n{Runs}",
        ["1.3"] = $"LABEL version=1.3\n{Runs}",
        ["crash"] = "CMD [\"sh\", \"-c\", \"sleep 0.3; exit 3\"]",
        ["unhealthy"] = $"HEALTHCHECK --interval=1s --timeout=5s --retries=2 CMD false\n{Runs}",
        ["late"] = "HEALTHCHECK --interval=1s --timeout=5s --retries=2 CMD test ! -e /tmp/bad\n"
            + "CMD [\"sh\", \"-c\", \"trap 'exit 0' TERM; sleep 3; touch /tmp/bad; while true; do sleep 0.2; done\"]",
        ["noexec"] = "CMD [\"/nothing\"]",
    };

    private static readonly SemaphoreSlim s_one = new(1);
    private static SwarmImages? s_made;

    private readonly Dictionary<string, string> _digests = new(StringComparer.Ordinal);

    private SwarmImages(RealEngine engine) => Repository = $"{engine.Registry}/swarm/web";

    /// <summary>The images' name without a tag.</summary>
    public string Repository { get; }

    public static async Task<SwarmImages> MakeAsync(RealEngine engine)
    {
        await s_one.WaitAsync(TestContext.Current.CancellationToken);
        try
        {
            if (s_made is null)
            {
                using var client = engine.Open();
                var images = new SwarmImages(engine);
                foreach (var tag in s_files.Keys)
                {
                    await images.MakeAsync(engine, tag);
                    images._digests[tag] = (await client.Images.InspectAsync(images.Tagged(tag), TestContext.Current.CancellationToken))
                        .Items("RepoDigests").Select(d => d.GetString()!).Single(d => d.StartsWith(images.Repository + "@", StringComparison.Ordinal))
                        .Split('@')[1];
                }

                s_made = images;
            }

            return s_made;
        }
        finally
        {
            s_one.Release();
        }
    }

    public string Tagged(string tag) => $"{Repository}:{tag}";

    /// <summary>The digest of a tag; one that nothing has, for a tag that is not there.</summary>
    public string DigestOf(string tag) => _digests.GetValueOrDefault(tag) ?? "sha256:" + new string('0', 64);

    public string Pinned(string tag) => $"{Tagged(tag)}@{DigestOf(tag)}";

    /// <summary>Runs docker, with the text as its input.</summary>
    public static async Task DockerAsync(RealEngine engine, string input, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(engine.Docker, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment = { ["DOCKER_HOST"] = engine.Host, ["DOCKER_BUILDKIT"] = "0" },
        })!;
        await process.StandardInput.WriteAsync(input);
        process.StandardInput.Close();
        var said = await Task.WhenAll(process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, $"docker {string.Join(' ', arguments)}: {string.Join('\n', said)}");
    }

    private async Task MakeAsync(RealEngine engine, string tag)
    {
        await DockerAsync(engine, $"FROM {engine.Image}\n{s_files[tag]}\n", "build", "-q", "-t", Tagged(tag), "-");
        await DockerAsync(engine, string.Empty, "push", "-q", Tagged(tag));
    }
}
