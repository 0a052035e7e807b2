using System.Text;
using PatchContainers.Cli.Output;

namespace PatchContainers.Cli;

/// <summary>What surrounds one run: the three streams and what they are connected to, the environment, the clock.</summary>
internal sealed record CliHost
{
    /// <summary>Standard input.</summary>
    public required TextReader In { get; init; }

    /// <summary>Standard output.</summary>
    public required TextWriter Out { get; init; }

    /// <summary>Standard error.</summary>
    public required TextWriter Error { get; init; }

    /// <summary>Whether standard input is a pipe or a file.</summary>
    public bool IsInputRedirected { get; init; }

    /// <summary>Whether standard output is a pipe or a file.</summary>
    public bool IsOutputRedirected { get; init; }

    /// <summary>Whether standard error is a pipe or a file.</summary>
    public bool IsErrorRedirected { get; init; }

    /// <summary>Whether this run owns the process, and so listens to Ctrl+C.</summary>
    public bool OwnsProcess { get; init; }

    /// <summary>Reads an environment variable.</summary>
    public required Func<string, string?> Environment { get; init; }

    /// <summary>Hears every record that is written; for callers in this process.</summary>
    public Action<object>? Observer { get; init; }

    /// <summary>The clock.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Whether text on the standard output may be coloured (https://no-color.org).</summary>
    public bool UseColor => !IsOutputRedirected && string.IsNullOrEmpty(Environment("NO_COLOR")) && Environment("TERM") != "dumb";

    /// <summary>The host of this process.</summary>
    public static CliHost ForProcess()
    {
        var utf8 = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);
        var redirected = Console.IsOutputRedirected;
        return new CliHost
        {
            In = new StreamReader(Console.OpenStandardInput(), utf8),
            Out = new StreamWriter(StandardOutput.Open(), utf8) { AutoFlush = !redirected },
            Error = new StreamWriter(Console.OpenStandardError(), utf8) { AutoFlush = true },
            IsInputRedirected = Console.IsInputRedirected,
            IsOutputRedirected = redirected,
            IsErrorRedirected = Console.IsErrorRedirected,
            OwnsProcess = true,
            Environment = System.Environment.GetEnvironmentVariable,
        };
    }
}
