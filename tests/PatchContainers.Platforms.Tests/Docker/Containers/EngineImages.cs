using System.Diagnostics;
using System.Text;
using System.Text.Json;
using PatchContainers.Platforms.Docker.Client;
using Xunit;

namespace PatchContainers.Platforms.Tests.Docker.Containers;

/// <summary>Images of one application, made once from the engine's Debian, in the registry and in the engine.</summary>
internal sealed class EngineImages
{
    // Ends at once when it is asked to, as a service does.
    private const string Serve = """CMD ["sh", "-c", "trap 'exit 0' TERM USR1; while :; do sleep 0.1; done"]""";

    private static readonly SemaphoreSlim Making = new(1, 1);
    private static EngineImages? s_made;

    private readonly Dictionary<string, string> _digests = new(StringComparer.Ordinal);

    private EngineImages(string repository) => Repository = repository;

    public string Repository { get; }

    /// <summary>What runs before: <c>name:tag</c>.</summary>
    public string Old => $"{Repository}:old";

    public string OldDigest => _digests["old"];

    /// <summary>What replaces it, and is well.</summary>
    public string Good => Pinned("good");

    public string Unhealthy => Pinned("unhealthy");

    public string Crashing => Pinned("crash");

    public string Missing => $"{Repository}:none@sha256:{new string('0', 63)}1";

    /// <summary>An image whose program is not there.</summary>
    public string NoProgram => Pinned("noprogram");

    /// <summary>An image that has no check of its own.</summary>
    public string Plain => Pinned("plain");

    public string Pinned(string tag) => $"{Repository}:{tag}@{_digests[tag]}";

    public static async Task<EngineImages> MakeAsync(RealEngine engine)
    {
        await Making.WaitAsync(TestContext.Current.CancellationToken);
        try
        {
            return s_made ??= await MakeAllAsync(engine);
        }
        finally
        {
            Making.Release();
        }
    }

    /// <summary>Makes one more, pushes it, and returns it by its digest.</summary>
    public static async Task<string> MakeAsync(RealEngine engine, string name, string lines, string? config = null)
    {
        await RunAsync(engine, config, $"FROM {engine.Image}\n{lines}\n", "build", "-q", "-t", name, "-");
        await RunAsync(engine, config, null, "push", "-q", name);
        using var client = engine.Open();
        var image = await client.Images.InspectAsync(name, TestContext.Current.CancellationToken);
        var repository = name[..name.LastIndexOf(':')];
        return image.Items("RepoDigests").Select(d => d.GetString()!).First(d => d.StartsWith(repository + "@", StringComparison.Ordinal))
            .Replace("@", name[name.LastIndexOf(':')..] + "@", StringComparison.Ordinal);
    }

    /// <summary>Runs the engine's own client.</summary>
    public static async Task<string> RunAsync(RealEngine engine, string? config, string? input, params string[] arguments)
    {
        var start = new ProcessStartInfo(engine.Docker, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment = { ["DOCKER_HOST"] = engine.Host, ["DOCKER_BUILDKIT"] = "0" },
        };
        if (config is not null)
        {
            start.Environment["DOCKER_CONFIG"] = config;
        }

        using var process = Process.Start(start)!;
        await process.StandardInput.WriteAsync(input);
        process.StandardInput.Close();
        var error = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, $"docker {string.Join(' ', arguments)}: {await error}");
        return output.Trim();
    }

    private static async Task<EngineImages> MakeAllAsync(RealEngine engine)
    {
        var images = new EngineImages($"{engine.Registry}/containers/web");
        await images.AddAsync(engine, "old", $"""
            ENV COLOR=old SHARED=image KEPT=same
            WORKDIR /srv
            EXPOSE 8080
            VOLUME /var/lib/app
            LABEL version=1 team=shop
            STOPSIGNAL SIGUSR1
            {Serve}
            """);
        await images.AddAsync(engine, "good", $"""
            ENV COLOR=new EXTRA=more KEPT=same
            WORKDIR /opt
            EXPOSE 9090
            VOLUME /var/lib/new
            LABEL version=2 team=shop
            HEALTHCHECK --interval=300ms --retries=2 CMD test -d /opt
            {Serve}
            """);
        await images.AddAsync(engine, "plain", $"LABEL version=3\n{Serve}");
        await images.AddAsync(engine, "unhealthy", $"HEALTHCHECK --interval=200ms --retries=2 CMD echo no such table; exit 1\n{Serve}");
        await images.AddAsync(engine, "crash", """CMD ["sh", "-c", "exit 3"]""");
        await images.AddAsync(engine, "noprogram", """CMD ["/nothing"]""");
        return images;
    }

    private async Task AddAsync(RealEngine engine, string tag, string lines)
    {
        var made = await MakeAsync(engine, $"{Repository}:{tag}", lines);
        _digests[tag] = made[(made.IndexOf('@', StringComparison.Ordinal) + 1)..];
    }
}
